import { expect, test } from 'vitest'
import { createConnectionId } from '../../../src/ids.ts'
import { createCircuitBreakers, type Permit } from '../../../src/mcp/session/circuit-breaker.ts'
import { eventually } from '../../support/eventually.ts'
import { freePort } from '../../support/free-port.ts'
import { remote, startMcpHouse, startServerProcess, textOf } from '../../support/mcp-house.ts'

function setUp(random = 0.5) {
  const clock = { at: 1_000_000 }
  const circuits = createCircuitBreakers({ now: () => clock.at, random: () => random })
  const id = createConnectionId()
  const pass = (): Permit => {
    const entered = circuits.enter(id)
    if (!('settle' in entered)) throw new Error('it rests')
    return entered
  }
  const fail = (times: number) => {
    for (let at = 0; at < times; at++) pass().settle('unreachable')
  }
  return { clock, circuits, id, pass, fail }
}

test('three failures in a row open it, and until the rest is over nothing goes out', () => {
  const { clock, circuits, id, fail } = setUp()
  fail(2)
  expect(circuits.of(id)).toEqual({ kind: 'closed' })
  fail(1)
  expect(circuits.of(id)).toEqual({ kind: 'open', until: new Date(clock.at + 5_000), failures: 3 })
  expect(circuits.enter(id)).toEqual({ until: new Date(clock.at + 5_000), failures: 3 })
  expect('settle' in circuits.enter(createConnectionId())).toBe(true)
})

test('an answer in between begins the count anew', () => {
  const { circuits, id, pass, fail } = setUp()
  fail(2)
  pass().settle('answered')
  fail(2)
  expect(circuits.of(id).kind).toBe('closed')
})

test('half-open lets one through; its success closes, its failure rests twice as long', () => {
  const { clock, circuits, id, pass, fail } = setUp()
  fail(3)
  clock.at += 5_000
  expect(circuits.of(id).kind).toBe('half_open')
  const trial = pass()
  expect(circuits.enter(id)).not.toHaveProperty('settle')
  trial.settle('unreachable')
  expect(circuits.of(id)).toMatchObject({ kind: 'open', until: new Date(clock.at + 10_000) })
  clock.at += 10_000
  pass().settle('answered')
  expect(circuits.of(id)).toEqual({ kind: 'closed' })
})

test('a stopped trial says nothing, and the next one tries', () => {
  const { clock, circuits, id, pass, fail } = setUp()
  fail(3)
  clock.at += 5_000
  pass().settle('void')
  expect(circuits.of(id).kind).toBe('half_open')
  expect('settle' in circuits.enter(id)).toBe(true)
})

test.each([
  [0, 240_000],
  [1, 360_000],
])('the rest ends at 5 min, give or take a fifth (%d)', (random, most) => {
  const { clock, circuits, id, pass, fail } = setUp(random)
  fail(3)
  for (let at = 0; at < 20; at++) {
    const circuit = circuits.of(id)
    if (circuit.kind === 'open') clock.at = circuit.until.getTime()
    pass().settle('unreachable')
  }
  expect(circuits.of(id)).toMatchObject({ kind: 'open', until: new Date(clock.at + most) })
})

test('somebody who tested it closes it', () => {
  const { circuits, id, fail } = setUp()
  fail(3)
  circuits.forget(id)
  expect(circuits.of(id)).toEqual({ kind: 'closed' })
})

test('a trial without an answer lets the next call try when it said so', () => {
  const { clock, circuits, id, pass, fail } = setUp()
  fail(3)
  clock.at += 5_000
  const slow = pass()
  const refused = circuits.enter(id)
  expect(refused).toEqual({ until: new Date(clock.at + 5_000), failures: 3 })
  clock.at += 5_000
  const next = pass()
  // The slow one was stopped: that is no leave for a third one beside the second.
  slow.settle('void')
  expect(circuits.enter(id)).not.toHaveProperty('settle')
  next.settle('answered')
  expect(circuits.of(id)).toEqual({ kind: 'closed' })
})

test('calls that went out before the rest do not lengthen it when they fail, too', () => {
  const { clock, circuits, id, pass } = setUp()
  const passes = Array.from({ length: 10 }, () => pass())
  for (const one of passes) one.settle('unreachable')
  expect(circuits.of(id)).toEqual({ kind: 'open', until: new Date(clock.at + 5_000), failures: 3 })
})

test('a watch that is the trial is through as soon as the server listens, and calls go out again', async () => {
  await using house = await startMcpHouse({ allow: ['127.0.0.1'] })
  const port = await freePort()
  const connection = await house.connected(remote(`http://127.0.0.1:${port}/mcp`))
  for (let at = 0; at < 3; at++) expect(await house.call(connection, 'touch')).toMatchObject({ why: 'unreachable' })
  await using _server = await startServerProcess('offers-new.ts', [String(port)])
  await eventually(() => expect(house.mcp.circuit(connection.id).kind).toBe('half_open'), 8_000)
  const stop = new AbortController()
  const ready = Promise.withResolvers<void>()
  const changes: string[] = []
  const watching = house.mcp.watch(connection, {
    uris: ['note://today'],
    signal: stop.signal,
    onReady: ready.resolve,
    onChanged: (uri) => changes.push(uri),
  })
  await ready.promise
  expect(house.mcp.circuit(connection.id)).toEqual({ kind: 'closed' })
  expect(textOf(await house.call(connection, 'touch'))).toBe('touched')
  await eventually(() => expect(changes).toEqual(['note://today']))
  stop.abort()
  await watching
}, 20_000)
