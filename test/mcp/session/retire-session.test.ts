import { afterEach, beforeEach, expect, test } from 'vitest'
import { credentialReferenceOf, saveSecrets } from '../../../src/credentials/secrets.ts'
import { createConnectionId } from '../../../src/ids.ts'
import { eventually } from '../../support/eventually.ts'
import { type McpHouse, remote, startMcpHouse, startServerProcess, textOf } from '../../support/mcp-house.ts'
import { startRawServer } from '../../support/raw-server.ts'

let house: McpHouse
beforeEach(async () => {
  house = await startMcpHouse({ allow: ['127.0.0.1'] })
})
afterEach(() => house[Symbol.asyncDispose]())

const says = (text: string) => ({ content: [{ type: 'text', text }] })
const sessionsEnded = () => house.logged.filter((line) => line.includes('mcp session ended')).length

/** A call under way that answers when it is told to, on the connection's one session. */
async function underWay() {
  const answer = Promise.withResolvers<void>()
  const slow = () => answer.promise.then(() => says('done in peace'))
  const server = await startRawServer({
    slow: { answers: slow },
    quick: { answers: says('quick') },
    refused: { answers: 401 },
  })
  const connection = await house.connected(remote(server.url))
  const call = house.call(connection, 'slow')
  await eventually(() => expect(server.calls).toEqual(['slow']))
  return {
    connection,
    server,
    async finished() {
      answer.resolve()
      return textOf(await call)
    },
  }
}

test('a call that is turned away with 401 leaves the call beside it alone', async () => {
  const { connection, server, finished } = await underWay()
  await using _ = server
  expect(await house.call(connection, 'refused')).toMatchObject({ why: 'sign_in', sent: false })
  // The one that the second try opened.
  await eventually(() => expect(sessionsEnded()).toBe(1))
  expect(await finished()).toBe('done in peace')
})

test('a changed credential opens a new session, and the call on the old one ends in peace', async () => {
  const { connection, server, finished } = await underWay()
  await using _ = server
  const credential = credentialReferenceOf(createConnectionId())
  await saveSecrets(house.credentials, credential, { token: 'another' })
  expect(textOf(await house.call({ ...connection, credential }, 'quick'))).toBe('quick')
  expect(sessionsEnded()).toBe(0)
  expect(await finished()).toBe('done in peace')
  await eventually(() => expect(sessionsEnded()).toBe(1))
})

test('a connection made anew gets a new session, and the call on the old one ends in peace', async () => {
  const { connection, server, finished } = await underWay()
  await using _ = server
  await house.mcp.retire(connection.id)
  expect(textOf(await house.call(connection, 'quick'))).toBe('quick')
  expect(await finished()).toBe('done in peace')
  await eventually(() => expect(sessionsEnded()).toBe(1))
})

test('a connection that is removed ends the calls of all its sessions', async () => {
  const { connection, server, finished } = await underWay()
  await using _ = server
  await house.mcp.retire(connection.id)
  await house.mcp.close(connection.id)
  expect(await finished()).toMatch(/^failed: gone/)
})

test('who watches leaves a session that is retired, so that it can end', async () => {
  await using server = await startServerProcess('offers-new.ts', ['0'])
  const connection = await house.connected(remote(`http://127.0.0.1:${server.port}/mcp`))
  const ready = Promise.withResolvers<void>()
  const watching = house.mcp.watch(connection, {
    uris: ['note://today'],
    signal: new AbortController().signal,
    onReady: ready.resolve,
    onChanged: () => undefined,
  })
  await ready.promise
  await house.mcp.retire(connection.id)
  await watching
  await eventually(() => expect(sessionsEnded()).toBe(1))
})
