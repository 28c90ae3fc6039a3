import { readlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createStdioTransport } from '../../../src/mcp/transport/stdio-transport.ts'
import { eventually } from '../../support/eventually.ts'
import { isAlive, type McpHouse, noted, PERSON, startMcpHouse, strange, textOf } from '../../support/mcp-house.ts'

let house: McpHouse
beforeEach(async () => {
  house = await startMcpHouse({ toolTimeoutSeconds: 2, limits: { callSeconds: 4 } })
})
afterEach(() => house[Symbol.asyncDispose]())

const startsOf = (): number[] =>
  noted(house)
    .filter((line) => line.startsWith('started'))
    .map((line) => Number(line.split(' ')[1]))
const signal = new AbortController().signal
const stderrSecret = { FIXTURE_SECRET: '{key}' }

describe('a stdio server', () => {
  it('answers calls, many at once, on one process', async () => {
    const connection = await house.connected(strange(house))
    const outcomes = await Promise.all(
      Array.from({ length: 20 }, (_, n) => house.call(connection, 'echo', { text: `n${n}` })),
    )
    expect(outcomes.map(textOf)).toEqual(Array.from({ length: 20 }, (_, n) => `n${n}`))
    expect(startsOf()).toHaveLength(1)
  })

  it('gets exactly the environment we say, its own folder, and arguments no shell has read', async () => {
    const home = join(house.folder, 'home')
    const args = ['--q={q}', '--none={none}', '$(id) `id` ;&|', '{q}']
    const values = { q: '{q} "two words" $HOME; touch x' }
    const connection = await house.connected(strange(house, { KEY: 'a {key} b', NONE: '{none}' }, { args, values }), {
      key: 'hunter22 {q}',
    })
    const seen = JSON.parse(textOf(await house.call(connection, 'env')))
    expect(seen.argv).toEqual([`--q=${values.q}`, '$(id) `id` ;&|', values.q])
    expect(readlinkSync(`/proc/${startsOf()[0]}/cwd`)).toBe(home)
    expect(Object.keys(seen.env).toSorted()).toEqual([
      'FIXTURE_LOG',
      'HOME',
      'KEY',
      'LANG',
      'NODE_USE_SYSTEM_CA',
      'PATH',
    ])
    // Its own folder, which is not told on.
    expect([seen.cwd, seen.env.HOME]).toEqual(['.', '.'])
    expect(seen.env.KEY).toBe('a [secret] b')
  })

  it('says no path of this machine: its own become relative, others are left out', async () => {
    const home = join(house.folder, 'home')
    const connection = await house.connected(strange(house, {}, { around: [house.folder] }))
    const said = async (text: string) => textOf(await house.call(connection, 'echo', { text }))
    expect(await said(`ENOENT: open '${home}/a/hello.txt'`)).toBe("ENOENT: open 'a/hello.txt'")
    expect(await said(`Allowed:\n${home}\n${home}/`)).toBe('Allowed:\n.\n.')
    expect(await said(`${home}/../other/x is not in ${home}, "${home}-2/y".`)).toBe('../other/x is not in ., "…".')
    expect(await said(`outside: ${house.folder}/TLOCAL01/UX/x.txt not in ${home}.`)).toBe('outside: … not in ..')
    expect(textOf(await house.call(connection, 'refuse', {}))).not.toContain(house.folder)
  })

  it('killed in the middle of a call: the call failed after it was sent, the next one works', async () => {
    const connection = await house.connected(strange(house))
    expect(await house.call(connection, 'crash')).toMatchObject({ kind: 'failed', why: 'gone', sent: true })
    expect(textOf(await house.call(connection, 'echo', { text: 'again' }))).toBe('again')
    expect(startsOf()).toHaveLength(2)
  })

  it('killed between calls: the next call works', async () => {
    const connection = await house.connected(strange(house))
    await house.call(connection, 'echo', { text: 'a' })
    const [started] = startsOf()
    if (started === undefined) throw new Error('no server was started')
    process.kill(started, 'SIGKILL')
    const next = await house.call(connection, 'echo', { text: 'b' })
    // Either the death was noticed before, or the call met it and was not carried out.
    if (next.kind === 'failed') expect(textOf(await house.call(connection, 'echo', { text: 'b' }))).toBe('b')
    else expect(textOf(next)).toBe('b')
  })

  it('never repeats a call that may have happened', async () => {
    const connection = await house.connected(strange(house))
    await house.call(connection, 'crash')
    expect(noted(house).filter((line) => line === 'crashing')).toHaveLength(1)
  })

  it('is started once for calls that come together, and again by whoever asks after a failed start', async () => {
    const target = strange(house, { FIXTURE_MODE: 'wants-secret', ...stderrSecret })
    const connection = await house.connected(target, { key: 'wrong-secret' })
    const both = await Promise.all([house.call(connection, 'echo'), house.call(connection, 'echo')])
    expect(both).toMatchObject([
      {
        kind: 'failed',
        sent: false,
        message: 'Strange could not start: it says "bad key [secret]". Check what you filled in and try again.',
      },
      { kind: 'failed', sent: false },
    ])
    expect(startsOf()).toHaveLength(1)
    expect((await house.registry.get(connection.id))?.status).toBe('failing')
    await house.credentials.set(connection.credential ?? '', JSON.stringify({ key: 'right-secret' }))
    const failing = await house.registry.get(connection.id)
    expect(textOf(await house.call(failing ?? connection, 'echo', { text: 'now' }))).toBe('now')
    await eventually(async () => expect((await house.registry.get(connection.id))?.status).toBe('connected'))
  })

  const ADVICE = 'Check what you filled in and try again.'
  const GREETING = 'Strange MCP Server running on stdio'
  it.each([
    ['SIGKILL', GREETING, `it was ended from outside (SIGKILL). Try again. Its last words: "${GREETING}".`],
    ['SIGTERM', '', 'it was ended from outside (SIGTERM). Try again.'],
    ['0', GREETING, `it ended before it answered. ${ADVICE} Its last words: "${GREETING}".`],
    ['0', 'Error: no folder given', `it says "no folder given". ${ADVICE}`],
    ['0', '', `it ended before it answered. ${ADVICE}`],
    ['2', 'usage: strange FOLDER', `it says "usage: strange FOLDER". ${ADVICE}`],
    ['2', '', `it ended before it answered. ${ADVICE}`],
    ['No folder given', GREETING, `it says "No folder given". ${ADVICE}`],
  ])('that ends with %s and says "%s" is said to have done that', async (how, words, why) => {
    const env = { FIXTURE_MODE: 'greets', FIXTURE_END: how, ...(words !== '' && { FIXTURE_WORDS: words }) }
    const connection = await house.connected(strange(house, env))
    const outcome = await house.call(connection, 'echo')
    expect(outcome).toMatchObject({ kind: 'failed', sent: false, message: `Strange could not start: ${why}` })
  })

  it('says what its credential lacks without starting', async () => {
    const connection = await house.connected(strange(house), { key: 'x' })
    await house.credentials.remove(connection.credential ?? '')
    expect(await house.call(connection, 'echo')).toMatchObject({ why: 'sign_in', sent: false })
    expect(startsOf()).toHaveLength(0)
  })
})

describe('time', () => {
  it('a call without progress ends at the tool timeout and the server hears of it', async () => {
    const connection = await house.connected(strange(house))
    const outcome = await house.call(connection, 'hang')
    expect(outcome).toMatchObject({
      kind: 'failed',
      why: 'timeout',
      sent: true,
      // As long as was waited, with the start of the server on a slow machine.
      message: expect.stringMatching(
        /^Strange did not answer within \d s\. Ask for less at once, or check that it is up\.$/,
      ),
    })
    await eventually(() => expect(noted(house)).toContain('cancelled'))
    expect(textOf(await house.call(connection, 'echo', { text: 'alive' }))).toBe('alive')
  })

  it("progress keeps a call going, up to the card's limit", async () => {
    const connection = await house.connected(strange(house))
    const seen: number[] = []
    const call = (steps: number) =>
      house.mcp.call(
        connection,
        { name: 'slow', description: '', inputSchema: {} },
        { steps, ms: 300 },
        {
          signal,
          onProgress: ({ progress }) => void seen.push(progress ?? 0),
        },
      )
    expect(textOf(await call(9))).toBe('slowly done')
    expect(seen.slice(0, 8)).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
    const began = Date.now()
    expect(await call(100)).toMatchObject({ why: 'timeout', sent: true })
    expect(Date.now() - began).toBeLessThan(5_000)
  })

  it('a stop reaches the server at once', async () => {
    const connection = await house.connected(strange(house))
    await house.call(connection, 'echo')
    const stop = new AbortController()
    const call = house.call(connection, 'hang', {}, stop.signal)
    await eventually(() => expect(noted(house)).toContain('hanging'))
    const began = Date.now()
    stop.abort()
    expect(await call).toMatchObject({ kind: 'failed', why: 'cancelled', sent: true })
    expect(Date.now() - began).toBeLessThan(2_500)
    await eventually(() => expect(noted(house)).toContain('cancelled'))
  })

  it('a stop while the server starts sends nothing, and leaves the start to others', async () => {
    const connection = await house.connected(strange(house, { FIXTURE_MODE: 'silent-at-discover' }))
    const stop = new AbortController()
    const stopped = house.call(connection, 'append', { text: 'never' }, stop.signal)
    const other = house.call(connection, 'echo', { text: 'kept' })
    stop.abort()
    expect(await stopped).toMatchObject({ why: 'cancelled', sent: false })
    expect(textOf(await other)).toBe('kept')
    expect(noted(house)).not.toContain('appended never')
  })
})

describe('processes', () => {
  it('an idle one ends, and the next call starts a new one', async () => {
    await using idle = await startMcpHouse({ limits: { idleSeconds: 0.3 } })
    const connection = await idle.connected(strange(idle))
    await idle.call(connection, 'echo')
    await eventually(() => expect(noted(idle)).toContain('saw the end of stdin'), 3_000)
    expect(textOf(await idle.call(connection, 'echo', { text: 'back' }))).toBe('back')
  })

  it('none is left after dispose, nor what it started, also when it will not end', async () => {
    const kind = await house.connected(strange(house))
    const stubborn = await house.connected(strange(house, { FIXTURE_MODE: 'ignores-the-end' }))
    const grandchild = Number(textOf(await house.call(kind, 'fork')))
    await house.call(stubborn, 'echo')
    const pids = [...startsOf(), grandchild]
    expect(pids.map(isAlive)).toEqual([true, true, true])
    const began = Date.now()
    await house.mcp[Symbol.asyncDispose]()
    expect(Date.now() - began).toBeLessThan(4_000)
    expect(pids.map(isAlive)).toEqual([false, false, false])
    expect(await house.call(kind, 'echo')).toMatchObject({ kind: 'failed', sent: false })
  })

  it('a call under way is cancelled first, and holds dispose up for no longer', async () => {
    const connection = await house.connected(strange(house, { FIXTURE_MODE: 'ignores-the-end' }))
    const call = house.call(connection, 'hang')
    await eventually(() => expect(noted(house)).toContain('hanging'))
    const began = Date.now()
    await house.mcp[Symbol.asyncDispose]()
    expect(Date.now() - began).toBeLessThan(4_000)
    expect(await call).toMatchObject({ kind: 'failed', why: 'cancelled', sent: true })
    expect(noted(house)).toContain('cancelled')
    expect(startsOf().map(isAlive)).toEqual([false])
  })

  it("a grandchild does not hide its parent's death", async () => {
    const connection = await house.connected(strange(house))
    const grandchild = Number(textOf(await house.call(connection, 'fork')))
    const began = Date.now()
    expect(await house.call(connection, 'crash')).toMatchObject({ why: 'gone', sent: true })
    expect(Date.now() - began).toBeLessThan(3_000)
    await eventually(() => expect(isAlive(grandchild)).toBe(false))
  })

  it('one that is still starting is ended by dispose too', async () => {
    const connection = await house.connected(strange(house, { FIXTURE_MODE: 'silent-at-discover' }))
    const call = house.call(connection, 'echo')
    await eventually(() => expect(startsOf()).toHaveLength(1))
    const began = Date.now()
    await house.mcp[Symbol.asyncDispose]()
    expect(Date.now() - began).toBeLessThan(4_000)
    expect(await call).toMatchObject({ kind: 'failed', sent: false })
    expect(startsOf().map(isAlive)).toEqual([false])
  })

  it('disposing ends a call that waits', async () => {
    const connection = await house.connected(strange(house))
    const call = house.call(connection, 'hang')
    await eventually(() => expect(noted(house)).toContain('hanging'))
    await house.mcp.close(connection.id)
    expect(await call).toMatchObject({ kind: 'failed', why: 'gone', sent: true })
  })
})

describe('which protocol', () => {
  it('is asked once and remembered', async () => {
    const connection = await house.connected(strange(house))
    await house.call(connection, 'echo')
    await eventually(async () =>
      expect((await house.registry.get(connection.id))?.era).toMatchObject({ kind: 'legacy' }),
    )
    await house.mcp.close(connection.id)
    const known = await house.registry.get(connection.id)
    await house.call(known ?? connection, 'echo')
    expect(noted(house).filter((line) => line === 'asked to discover')).toHaveLength(1)
    expect(startsOf()).toHaveLength(2)
  })

  it('is asked again after a day', async () => {
    const connection = await house.connected(strange(house))
    const yesterday = { kind: 'legacy', at: Date.now() - 25 * 60 * 60 * 1000 }
    await house.call({ ...connection, era: yesterday }, 'echo')
    expect(noted(house)).toContain('asked to discover')
  })

  it('a server that ends at the question is started once more', async () => {
    const connection = await house.connected(strange(house, { FIXTURE_MODE: 'exits-at-discover' }))
    expect(textOf(await house.call(connection, 'echo', { text: 'hi' }))).toBe('hi')
    expect(startsOf()).toHaveLength(2)
  })

  it('a server that never answers the question is waited for, not started twice', async () => {
    const connection = await house.connected(strange(house, { FIXTURE_MODE: 'silent-at-discover' }))
    expect(textOf(await house.call(connection, 'echo', { text: 'hi' }))).toBe('hi')
    expect(startsOf()).toHaveLength(1)
  })

  it('what is remembered may be wrong', async () => {
    const connection = await house.connected(strange(house))
    const discover = {
      resultType: 'complete',
      supportedVersions: ['2026-07-28'],
      capabilities: { tools: {} },
      ttlMs: 0,
      cacheScope: 'private',
    }
    const wrong = { ...connection, era: { kind: 'modern', discover, at: Date.now() } }
    expect(textOf(await house.call(wrong, 'echo', { text: 'hi' }))).toBe('hi')
  })
})

describe('hostile answers', () => {
  it('garbage lines are passed over', async () => {
    const connection = await house.connected(strange(house))
    expect(textOf(await house.call(connection, 'garbage'))).toBe('after the garbage')
  })

  it('an answer above 10 MB is refused as that, and ends neither the session nor the calls beside it', async () => {
    const connection = await house.connected(strange(house))
    const calls = ['slow', 'huge', 'echo'].map((tool) => house.call(connection, tool, { text: 'fine' }))
    const [slow, huge, echo] = await Promise.all(calls)
    const message = expect.stringContaining('Strange sent 12 MB, 10 MB are possible; ask for a part.')
    expect(huge).toMatchObject({ kind: 'failed', why: 'protocol', message })
    expect([slow?.kind, echo?.kind]).toEqual(['ok', 'ok'])
    expect(noted(house).filter((line) => line.startsWith('started '))).toHaveLength(1)
  })

  it("an answer that does not fit the tool's own schema is not thrown away", async () => {
    const connection = await house.connected(strange(house))
    expect(await house.call(connection, 'misfit')).toMatchObject({ kind: 'ok', structured: { n: 'no number' } })
  })

  it('a JSON-RPC error is an answer the model reads, without secrets', async () => {
    const connection = await house.connected(strange(house, stderrSecret), { key: 'hunter22' })
    expect(await house.call(connection, 'refuse')).toMatchObject({
      kind: 'tool_error',
      content: [{ type: 'text', text: expect.stringContaining('no: [secret]') }],
    })
  })
})

describe('tools', () => {
  it('odd ones are left out, and the rest is kept', async () => {
    const { tools } = await house.mcp.probe(strange(house), {}, signal)
    const names = tools.map((tool) => tool.name)
    expect(names).toContain('append')
    expect(names).not.toContain('task')
    expect(names).not.toContain('odd-schema')
    expect(tools.filter(({ name }) => /^(no|null)-schema$/.test(name))).toMatchObject([
      { inputSchema: { type: 'object' } },
      { inputSchema: { type: 'object' } },
    ])
    expect(names).not.toContain('fat')
    expect(names.filter((name) => name === 'echo')).toHaveLength(1)
    expect(tools.find((tool) => tool.name === 'append')?.annotations).toEqual({ readOnlyHint: false })
    expect(tools.find((tool) => tool.name === 'nul')?.description).toBe('a  and a lone \ufffd surrogate')
  })

  it('are listed again when the server says they changed', async () => {
    const connection = await house.connected(strange(house))
    await house.call(connection, 'grow')
    await eventually(async () =>
      expect((await house.registry.get(connection.id))?.tools.map((tool) => tool.name)).toContain('grown'),
    )
  })

  it('refresh keeps what it lists, and throws rather than list nothing', async () => {
    const connection = await house.connected(strange(house))
    expect((await house.mcp.refresh(connection, signal)).length).toBeGreaterThan(5)
    expect((await house.registry.get(connection.id))?.tools.length).toBeGreaterThan(5)
    const broken = await house.connected(strange(house, { FIXTURE_MODE: 'exits-at-start' }))
    await expect(house.mcp.refresh(broken, signal)).rejects.toMatchObject({ code: 'server_start_failed' })
  })
})

describe('probe', () => {
  it('says what was found and leaves no process', async () => {
    const probe = await house.mcp.probe(strange(house), {}, signal)
    expect(probe).toMatchObject({ protocolVersion: '2025-06-18', serverName: 'strange', era: { kind: 'legacy' } })
    expect(startsOf().map(isAlive)).toEqual([false])
  })

  it('refuses a server without tools', async () => {
    await expect(house.mcp.probe(strange(house, { FIXTURE_MODE: 'no-tools' }), {}, signal)).rejects.toMatchObject({
      code: 'server_refused',
      message: expect.stringContaining('offers no tools'),
    })
  })

  it("makes the card's check and says what the server said, without secrets", async () => {
    const target = strange(house, stderrSecret, {
      checks: [
        { tool: 'absent', arguments: {} },
        { tool: 'refuse', arguments: {} },
      ],
    })
    await expect(house.mcp.probe(target, { key: 'hunter22' }, signal)).rejects.toMatchObject({
      code: 'server_refused',
      message: expect.stringMatching(/Strange starts, but it says ".*no: \[secret\]"/),
    })
  })

  it('can be stopped', async () => {
    const stop = AbortSignal.timeout(300)
    await expect(house.mcp.probe(strange(house, { FIXTURE_MODE: 'silent-at-discover' }), {}, stop)).rejects.toThrow()
    await eventually(() => expect(startsOf().map(isAlive)).toEqual([false]))
  })

  it('holds addresses that the server will open to egress rules', async () => {
    const target = strange(house, {}, { reaches: ['{dsn}'] })
    await expect(house.mcp.probe(target, { dsn: 'postgres://u:p@127.0.0.1/x' }, signal)).rejects.toMatchObject({
      code: 'egress_refused',
    })
    expect(startsOf()).toEqual([])
  })

  it('says so when a package cannot be fetched', async () => {
    const npmrc = join(house.folder, 'home', '.npmrc')
    await house.mcp.probe(strange(house), {}, signal)
    writeFileSync(npmrc, 'registry=http://127.0.0.1:9/\nfetch-retries=0\n')
    const target = strange(house, {}, { package: 'patchbay-no-such-package', version: '9.9.9' })
    await expect(house.mcp.probe(target, {}, signal)).rejects.toMatchObject({
      code: 'server_start_failed',
      message: expect.stringContaining('patchbay-no-such-package@9.9.9 could not be fetched'),
    })
  })
})

describe('what is noted', () => {
  it("people are never given another's connections", async () => {
    const mine = await house.connected(strange(house))
    expect((await house.registry.connectionsOf(PERSON)).map((one) => one.id)).toEqual([mine.id])
  })

  it('no log line holds a secret', async () => {
    const target = strange(house, { FIXTURE_MODE: 'exits-at-start', ...stderrSecret })
    const connection = await house.connected(target, { key: 'plantedsecret' })
    await house.call(connection, 'echo')
    const fine = await house.connected(strange(house, stderrSecret), { key: 'plantedsecret' })
    await house.call(fine, 'refuse')
    expect(house.logged.length).toBeGreaterThan(0)
    expect(house.logged.join('')).not.toContain('plantedsecret')
  })
})

describe('the last line of a server that ends', () => {
  const answer = { jsonrpc: '2.0', id: 1, result: { ok: true } }
  it.each([
    ['without its end', ''],
    ['with its end', '\\n'],
    ['with another end', '\\r\\n'],
  ])('counts, %s', async (_, end) => {
    const script = `process.stdout.write(${JSON.stringify(JSON.stringify(answer))} + "${end}")`
    const server = { command: process.execPath, args: ['-e', script], env: {}, cwd: house.folder }
    const transport = createStdioTransport(server, signal)
    const heard: unknown[] = []
    transport.onmessage = (message) => heard.push(message)
    const closed = new Promise<void>((resolve) => {
      transport.onclose = resolve
    })
    await transport.start()
    await closed
    expect(heard).toEqual([answer])
  })
})
