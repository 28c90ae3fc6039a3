import { expect, it } from 'vitest'
import { AppError } from '../../../src/errors.ts'
import { noted, startMcpHouse, strange, textOf } from '../../support/mcp-house.ts'

it('a credential is opened only after that is written down', async () => {
  const told: string[] = []
  let away = true
  await using house = await startMcpHouse({
    audit: async ({ what, connection }) => {
      await new Promise((resolve) => setTimeout(resolve, 50))
      if (away) throw new AppError('database_unavailable', 'The database cannot be reached.')
      told.push(`${what} ${connection}`)
    },
  })
  const connection = await house.connected(strange(house), { key: 'right-secret' })
  expect(await house.call(connection, 'echo', { text: 'x' })).toMatchObject({ kind: 'failed', sent: false })
  expect(noted(house), 'nothing was started').toEqual([])
  expect((await house.registry.get(connection.id))?.status, 'the server is not at fault').toBe('connected')
  away = false
  expect(textOf(await house.call(connection, 'echo', { text: 'x' }))).toBe('x')
  expect(told).toEqual([`credential_opened ${connection.id}`])
})
