import { expect, it } from 'vitest'
import { remote, startMcpHouse } from '../../support/mcp-house.ts'
import { startRawServer } from '../../support/raw-server.ts'

const TEXT = { type: 'text', text: 'done' }
const DONE = [TEXT]
const PNG = 'iVBORw0KGgoAAAA'

/** What a server answered, and what has to come of it; none of these may lose the answer of a call that succeeded. */
const ODD: Record<string, { result: unknown; kind?: string; content?: unknown; structured?: unknown }> = {
  'a list as the structured part': { result: { content: DONE, structuredContent: [1, 2] }, structured: [1, 2] },
  'a number as the structured part': { result: { content: DONE, structuredContent: 7 }, structured: 7 },
  'a text as the structured part': { result: { content: DONE, structuredContent: 'seven' }, structured: 'seven' },
  'false as the structured part': { result: { content: DONE, structuredContent: false }, structured: false },
  'null for all that is absent': { result: { content: DONE, structuredContent: null, isError: null, _meta: null } },
  'an odd _meta': { result: { content: DONE, _meta: { progressToken: {} } } },
  'an error flag as a text': { result: { content: DONE, isError: 'true' }, kind: 'tool_error' },
  'odd annotations': { result: { content: [{ ...TEXT, annotations: { priority: 'high', audience: 'me' } }] } },
  'null annotations': { result: { content: [{ ...TEXT, annotations: null, _meta: null }] } },
  'a bare text': { result: { content: 'done' } },
  'a part that is a text': { result: { content: ['done'] } },
  'one part without a list': { result: { content: TEXT } },
  'a number as text': { result: { content: [{ type: 'text', text: 7 }] }, content: [{ type: 'text', text: '7' }] },
  'a link without a name': {
    result: { content: [{ type: 'resource_link', uri: 'x://y' }] },
    content: [{ type: 'link', uri: 'x://y', name: 'x://y' }],
  },
  'a picture without a type': {
    result: { content: [{ type: 'image', data: PNG }] },
    content: [{ type: 'image', mimeType: 'image/png', data: PNG }],
  },
  'a picture with an odd type': {
    result: { content: [{ type: 'image', data: PNG, mimeType: 7 }] },
    content: [{ type: 'image', mimeType: 'image/png', data: PNG }],
  },
  'a picture without data': {
    result: { content: [{ type: 'image', mimeType: 'image/png' }, TEXT] },
    content: [{ type: 'text', text: expect.stringContaining('picture came without its data') }, TEXT],
  },
  'a kind that the protocol does not have': {
    result: { content: [{ type: 'video', url: 'v.mp4' }, TEXT] },
    content: [{ type: 'text', text: expect.stringMatching(/"video".*not know[\s\S]*v\.mp4/) }, TEXT],
  },
  'a resource without an address': {
    result: { content: [{ type: 'resource', resource: { text: 'done' } }] },
    content: [{ type: 'resource', uri: '', text: 'done' }],
  },
  'the result of 2024': { result: { toolResult: { n: 1 } }, content: [], structured: { n: 1 } },
  'no content at all': { result: {}, content: [] },
  'the bare fields': { result: { n: 1 }, content: [], structured: { n: 1 } },
}

it.each(Object.entries(ODD))('a result with %s keeps what came', async (_, { result, ...wanted }) => {
  await using server = await startRawServer({ work: { answers: () => Promise.resolve(Object(result)) } })
  await using house = await startMcpHouse({ allow: ['127.0.0.1'] })
  const outcome = await house.call(await house.connected(remote(server.url)), 'work')
  const { kind = 'ok', content = DONE, structured } = wanted
  expect(outcome).toMatchObject({ kind, content, ...(structured !== undefined && { structured }) })
  expect('structured' in outcome).toBe(structured !== undefined)
})
