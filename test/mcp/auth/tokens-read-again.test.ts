import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { CredentialStore } from '../../../src/credentials/store.ts'
import { createConnectionId } from '../../../src/ids.ts'
import { createBearerTokens } from '../../../src/mcp/auth/bearer-tokens.ts'
import { removeStoredTokens, saveStoredTokens } from '../../../src/mcp/auth/tokens/stored-tokens.ts'
import { memoryLog } from '../../support/log.ts'
import { PERSON } from '../../support/mcp-house.ts'
import { termsOf } from '../../support/sign-in-house.ts'

beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'] }))
afterEach(() => void vi.useRealTimers())

const serverUrl = new URL('https://server.example/mcp')

function createTokensOf(audit: (row: object) => Promise<void>) {
  const kept = new Map<string, string>()
  const opened = { times: 0 }
  const credentials: CredentialStore = {
    get: async (ref) => {
      opened.times++
      return kept.get(ref)
    },
    set: async (ref, secret) => void kept.set(ref, secret),
    remove: async (ref) => void kept.delete(ref),
  }
  const id = createConnectionId()
  const save = (accessToken: string) =>
    saveStoredTokens(credentials, id, {
      issuer: 'https://issuer.example',
      resource: serverUrl.href,
      client: { client_id: 'c' },
      clientFrom: 'dcr',
      accessToken,
      tokenType: 'bearer',
    })
  const never = () => Promise.reject(new Error('nothing is sent here'))
  const { provider } = createBearerTokens(
    {
      credentials,
      egress: { fetch: never },
      refreshLock: { run: never },
      identities: undefined,
      audit,
      log: memoryLog().log,
    },
    { id, by: PERSON, title: 'Server', serverUrl, terms: termsOf(), values: {} },
  )
  const minutesLater = (minutes: number) => vi.setSystemTime(Date.now() + minutes * 60_000)
  return {
    token: () => provider.token(),
    save,
    remove: () => removeStoredTokens(credentials, id),
    opened,
    id,
    minutesLater,
  }
}

it('tokens that another instance replaced or removed are used for five minutes at most, each reading with its row', async () => {
  const rows: object[] = []
  const tokens = createTokensOf(async (row) => void rows.push(row))
  await tokens.save('one')
  expect(await tokens.token()).toBe('one')
  await tokens.save('two')
  tokens.minutesLater(4.9)
  expect(await tokens.token()).toBe('one')
  tokens.minutesLater(0.2)
  expect(await Promise.all([tokens.token(), tokens.token()])).toEqual(['two', 'two'])
  expect([tokens.opened.times, rows]).toEqual([
    2,
    Array(2).fill({ what: 'credential_opened', connection: tokens.id, ...PERSON }),
  ])
  await tokens.remove()
  tokens.minutesLater(5)
  expect(await tokens.token()).toBeUndefined()
})

it('tokens whose row cannot be written are not used', async () => {
  const tokens = createTokensOf(() => Promise.reject(new Error('the database is away')))
  await tokens.save('one')
  await expect(tokens.token()).rejects.toThrow('the database is away')
})
