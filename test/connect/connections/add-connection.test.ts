import { afterEach, describe, expect, it } from 'vitest'
import { readSecrets } from '../../../src/credentials/secrets.ts'
import type { Db } from '../../../src/db/call.ts'
import { AppError } from '../../../src/errors.ts'
import { type ConnectHouse, startConnectHouse } from '../../support/connect-house.ts'
import { PERSON } from '../../support/mcp-house.ts'

const STRANGE = `
name: io.patchbay/strange
title: Strange
description: A server for tests
version: 1.0.0
packages:
  - registryType: npm
    identifier: strange-server
    version: 1.0.0
    transport: { type: stdio }
    environmentVariables:
      - { name: FIXTURE_MODE, value: "{mode}", variables: { mode: { default: free } } }
      - { name: FIXTURE_SECRET, value: "{key}", variables: { key: { isSecret: true, isRequired: true } } }
_meta:
  io.patchbay.card/v1:
    icon: ":test_tube:"
    category: Tests
    docs: https://example.com/keys
    own: { log: log }
    inputs: { key: { label: Key } }
    starters: [One, Two, Three]
`

const signal = new AbortController().signal
const away = () => new AppError('database_unavailable', 'The database cannot be reached.')

/** A database that fails calls on demand, before they are made or by losing their answer, and counts all. */
function unreliable() {
  const made: string[] = []
  let failing: { fn: string; when: 'before' | 'after' }[] = []
  const fail = (...faults: typeof failing): void => {
    failing = faults
  }
  const between = (db: Db): Db => ({
    ...db,
    async call(fn, args, shape) {
      made.push(fn)
      const fault = failing.find((one) => one.fn === fn)
      failing = failing.filter((one) => one !== fault)
      if (fault?.when === 'before') throw away()
      const answer = await db.call(fn, args, shape)
      if (fault) throw away()
      return answer
    },
  })
  return { between, made, fail }
}

let house: ConnectHouse
let db: ReturnType<typeof unreliable>
const begin = async () => {
  db = unreliable()
  house = await startConnectHouse({ strangeCard: STRANGE, between: db.between })
}
afterEach(() => house[Symbol.asyncDispose]())

const connect = (name: string) =>
  house.connect.connect(PERSON, { card: 'strange', name, inputs: { key: `key-of-${name}` } }, signal)
const rows = () => house.registry.connectionsOf(PERSON)
/** What each row has for a secret; throws where one is gone. */
const secrets = async () =>
  Promise.all((await rows()).map(async ({ credential }) => (await readSecrets(house.credentials, credential)).key))
const writesOf = (calls: string[]) => [...new Set(calls)].filter((fn) => /^connection_(?!saved|named|get)/.test(fn))
const thrown = <T>(work: Promise<T>): Promise<T | undefined> => work.catch(() => undefined)

describe('a connect', () => {
  it('is one call, and keeps what the server told', async () => {
    await begin()
    expect(await connect('first')).toMatchObject({ ok: true })
    expect(writesOf(db.made)).toEqual(['connection_add'])
    expect(await rows()).toMatchObject([
      {
        unusableTools: expect.arrayContaining([expect.objectContaining({ tool: 'fat' })]),
        offers: { prompts: expect.any(Boolean) },
      },
    ])
  })

  it('leaves nothing when any of its writes fails', async () => {
    await begin()
    await connect('first')
    for (const fn of writesOf(db.made)) {
      db.fail({ fn, when: 'before' })
      expect(await thrown(connect('second')), fn).toBeUndefined()
      expect((await rows()).map(({ name }) => name)).toEqual(['first'])
      expect(house.secretsKept(), fn).toBe(1)
    }
  })

  it('is done when only its answer was lost', async () => {
    await begin()
    db.fail({ fn: 'connection_add', when: 'after' })
    expect(await connect('first')).toMatchObject({ ok: true })
    expect(await secrets()).toEqual(['key-of-first'])
  })

  it('keeps the secret when nobody can say whether the row is there', async () => {
    await begin()
    db.fail({ fn: 'connection_add', when: 'after' }, { fn: 'connection_saved', when: 'before' })
    expect(await thrown(connect('first'))).toBeUndefined()
    expect(await secrets()).toEqual(['key-of-first'])
  })
})

describe('a reconnect', () => {
  const reconnect = async () => {
    const [first] = await rows()
    if (first === undefined) throw new Error('there is no connection')
    return house.connect.reconnect(PERSON, first.id, { key: 'newer' }, signal)
  }

  it('is one call', async () => {
    await begin()
    await connect('first')
    db.made.length = 0
    expect(await reconnect()).toMatchObject({ ok: true })
    expect(writesOf(db.made)).toEqual(['connection_replace'])
    expect(await secrets()).toEqual(['newer'])
    expect(house.secretsKept()).toBe(1)
  })

  it.each(['before', 'after'] as const)(
    'has all of the old or all of the new when a write fails %s it is done',
    async (when) => {
      await begin()
      await connect('first')
      db.fail({ fn: 'connection_replace', when })
      const outcome = await thrown(reconnect())
      expect(await secrets()).toEqual([outcome === undefined ? 'key-of-first' : 'newer'])
      expect(house.secretsKept()).toBe(1)
    },
  )

  it('loses no secret when nobody can say which the row has', async () => {
    await begin()
    await connect('first')
    db.fail({ fn: 'connection_replace', when: 'after' }, { fn: 'connection_saved', when: 'before' })
    expect(await thrown(reconnect())).toBeUndefined()
    expect(await secrets()).toEqual(['newer'])
  })
})
