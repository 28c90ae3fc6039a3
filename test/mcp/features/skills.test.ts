import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { RequestOptions } from '../../../src/mcp/requests/send-request.ts'
import type { Connection } from '../../../src/registry/connection.ts'
import { eventually } from '../../support/eventually.ts'
import { type McpHouse, noted, remote, startMcpHouse, startServerProcess } from '../../support/mcp-house.ts'

const signal = new AbortController().signal
const GREET = 'skill://greet/SKILL.md'
let house: McpHouse
beforeEach(async () => {
  house = await startMcpHouse({ allow: ['127.0.0.1'] })
})
afterEach(() => house[Symbol.asyncDispose]())

type Start = { secrets?: Record<string, string>; bare?: boolean }

async function started(script: 'skills-new.ts' | 'offers-old.ts', { secrets = {}, bare = false }: Start = {}) {
  const env = { FIXTURE_LOG: `${house.folder}/log`, ...(bare && { BARE: '1' }) }
  const server = await startServerProcess(script, ['0'], env)
  const connection = await house.connected(remote(`http://127.0.0.1:${server.port}/mcp`), secrets)
  return { connection, [Symbol.asyncDispose]: server[Symbol.asyncDispose] }
}

const offersOf = async ({ id }: Connection) => (await house.registry.get(id))?.offers
const filesRead = () => noted(house).filter((line) => line.startsWith('read '))
const greet = (connection: Connection, file?: string) => house.mcp.readSkill(connection, { uri: GREET, file }, signal)

describe('skills', () => {
  it('are listed without reading any file, and read when one is asked for', async () => {
    await using server = await started('skills-new.ts')
    const { connection } = server
    const { skills, refused } = await house.mcp.skills(connection, signal)
    expect(refused).toBe(0)
    expect(skills).toEqual([
      {
        uri: GREET,
        name: 'greet',
        description: 'How to greet',
        files: [{ path: 'references/TONE.md', size: 21 }],
      },
      { uri: 'skill://weather/SKILL.md', name: 'weather', description: 'How to weather', files: undefined },
    ])
    await eventually(async () => expect((await offersOf(connection))?.skills).toBe(true))
    expect(filesRead()).toEqual([])
    const read = await greet(connection)
    expect(read).toMatchObject({ checked: true, skill: { name: 'greet' }, content: { mimeType: 'text/markdown' } })
    expect(read.content.text).toContain('Say hello')
    expect(filesRead()).toEqual([`read ${GREET}`])
    expect((await greet(connection, 'references/TONE.md')).content.text).toBe('Kindly, in one line.\n')
    const made = await house.mcp.readSkill(connection, { uri: 'skill://weather/SKILL.md' }, signal)
    expect(made).toMatchObject({ checked: false, content: { text: expect.stringContaining('window') } })
  })

  it.each([
    ['body', 'digest differs'],
    ['size', 'size differs'],
    ['frontmatter', 'says other things of itself'],
  ])('whose %s is not as published are refused, and nothing of them is told', async (how, words) => {
    await using server = await started('skills-new.ts')
    const { connection } = server
    await greet(connection)
    await house.call(connection, 'tamper', { how })
    await expect(greet(connection)).rejects.toMatchObject({
      code: 'server_refused',
      message: expect.stringContaining(words),
    })
    // It is the skill that is not sound, not the connection.
    expect((await house.registry.get(connection.id))?.status).toBe('connected')
  })

  it('have no other files than those their server published, and no others are asked for', async () => {
    await using server = await started('skills-new.ts')
    const { connection } = server
    await house.call(connection, 'tamper', { how: 'sneak' })
    for (const file of ['references/EVIL.md', '../weather/SKILL.md', 'diary://mine'])
      await expect(greet(connection, file)).rejects.toMatchObject({ code: 'not_found' })
    await expect(house.mcp.readSkill(connection, { uri: 'skill://none/SKILL.md' }, signal)).rejects.toMatchObject({
      code: 'not_found',
    })
    expect(filesRead()).toEqual([])
  })

  it('come without the secrets of the connection', async () => {
    await using server = await started('skills-new.ts', { secrets: { token: 'references/TONE.md' } })
    expect((await greet(server.connection)).content.text).toContain('as [secret] says')
  })
})

const NOTHING = { resources: false, prompts: false, skills: false, completions: false, subscriptions: false }

describe('lists that change', () => {
  it('are looked at again with the new protocol, once for a burst', async () => {
    await using server = await started('skills-new.ts', { bare: true })
    const { connection } = server
    await house.mcp.skills(connection, signal)
    await eventually(async () => expect(await offersOf(connection)).toMatchObject({ skills: false, prompts: false }))
    await eventually(() => expect(noted(house)).toContain('asked subscriptions/listen'))
    const lists = () => noted(house).filter((line) => line === 'asked skills/list').length
    await house.call(connection, 'prompt')
    await eventually(async () => expect(await offersOf(connection)).toMatchObject({ prompts: true, skills: false }))
    const before = lists()
    for (const name of ['one', 'two', 'three']) await house.call(connection, 'publish', { name })
    await eventually(async () => expect(await offersOf(connection)).toMatchObject({ prompts: true, skills: true }))
    expect(lists()).toBe(before + 1)
  })

  it('are looked at again with the old protocol', async () => {
    await using server = await started('offers-old.ts', { bare: true })
    const { connection } = server
    await house.call(connection, 'none')
    await eventually(async () => expect(await offersOf(connection)).toEqual({ ...NOTHING, resources: true }))
    await house.call(connection, 'add')
    await eventually(async () =>
      expect(await offersOf(connection)).toEqual({ ...NOTHING, resources: true, prompts: true }),
    )
  })
})

describe('what a server asks while it is read', () => {
  const who: RequestOptions['resume'] = {
    state: 'diary-state',
    responses: { who: { action: 'accept', content: { who: 'Ada' } } },
  }

  it('comes back with the new protocol, and the answer goes along with the next leg', async () => {
    await using server = await started('skills-new.ts')
    const { connection } = server
    const asked = await house.mcp.readResource(connection, 'diary://mine', { signal })
    expect(asked).toMatchObject({
      kind: 'input_required',
      asks: [{ request: { kind: 'form', message: 'Whose diary?' }, resume: { how: 'answer', state: 'diary-state' } }],
    })
    const read = await house.mcp.readResource(connection, 'diary://mine', { signal, resume: who })
    expect(read).toMatchObject({ kind: 'done', value: [{ text: expect.stringContaining('Ada') }] })
    const letter = { name: 'letter', arguments: { city: 'Rome' } }
    expect(await house.mcp.prompt(connection, letter, { signal })).toMatchObject({ kind: 'input_required' })
    expect(noted(house).filter((line) => line.startsWith('diary'))).toEqual([
      'diary new null',
      'diary diary-state {"action":"accept","content":{"who":"Ada"}}',
    ])
  })

  it('is answered on the wire with the old protocol, and the time stands still meanwhile', async () => {
    await using quick = await startMcpHouse({ allow: ['127.0.0.1'], toolTimeoutSeconds: 1 })
    const server = await startServerProcess('offers-old.ts', ['0'])
    const connection = await quick.connected(remote(`http://127.0.0.1:${server.port}/mcp`))
    const onInput: RequestOptions['onInput'] = async () => {
      await new Promise((resolve) => setTimeout(resolve, 1_500))
      return { action: 'accept', content: { who: 'Ada' } }
    }
    const read = await quick.mcp.readResource(connection, 'diary://mine', { signal, onInput })
    expect(read).toMatchObject({ kind: 'done', value: [{ text: 'Diary of Ada' }] })
    const got = await quick.mcp.prompt(connection, { name: 'letter', arguments: {} }, { signal, onInput })
    expect(got).toMatchObject({ kind: 'done', value: [{ content: { text: 'Write to Ada.' } }] })
    // Where nobody can be asked the server hears "cancel".
    await expect(quick.mcp.readResource(connection, 'diary://mine', { signal })).rejects.toMatchObject({
      message: expect.stringContaining('nobody said whose (cancel)'),
    })
    const page = await quick.mcp.readResource(connection, 'vault://mine', { signal })
    expect(page).toMatchObject({
      kind: 'input_required',
      asks: [{ request: { kind: 'url' }, resume: { how: 'again' } }],
    })
    await server[Symbol.asyncDispose]()
  })
})
