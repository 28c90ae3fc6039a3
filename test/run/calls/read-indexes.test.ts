import { expect, test } from 'vitest'
import { createRunId } from '../../../src/ids.ts'
import { flowOfCall } from '../../../src/run/calls/flow-of-call.ts'
import { createReadIndexes } from '../../../src/run/calls/read-indexes.ts'
import type { EventOf } from '../../../src/run/state/events.ts'
import { foldEvents } from '../../../src/run/state/fold.ts'
import { connection } from '../start-worker.ts'
import { at, called, judged, replied, started } from '../states.ts'

const SECRET = 'The launch code of the northern silo is 7714-8820-pelican, and nobody else may have it.'

const returned: EventOf<'returned'> = {
  type: 'returned',
  call: 'a',
  outcome: 'ok',
  text: SECRET,
  summary: '',
  images: [],
  files: [],
  ms: 1,
  at,
}

const lead = foldEvents(createRunId(), [started, replied(['a']), judged('a', 'allow'), called('a'), returned], false)

/** A run that the lead asked for, with what it read written into the task. */
const child = foldEvents(
  createRunId(),
  [
    {
      ...started,
      text: `Send this on: ${SECRET}`,
      parent: { run: lead.id, call: 'ask', agent: 'Lead', costUsd: 1, words: 'say hello to https://example.com' },
      at,
    },
  ],
  false,
)

const readBy = createReadIndexes({
  history: async () => ({ runs: [] }),
  state: async (run) => (run === lead.id ? lead : null),
})

const flowTo = async (state: typeof child, args: Record<string, string>) =>
  flowOfCall({ destinationOf: () => ({ host: 'evil.example', vouched: false }) }, state, {
    found: { source: connection, tool: { name: 'sell', description: '', inputSchema: {} } },
    args,
    reads: await readBy(state),
  })

test('what a run has read stays known in the runs that it asks for, also where it stands in their task', async () => {
  const flow = await flowTo(child, { text: SECRET })
  expect(flow?.carried.map(({ from }) => from)).toEqual(['files'])
})

test('only the person’s own words go where they like, and a task is none of them', async () => {
  const { texts } = await readBy(child)
  const own = texts.filter((text) => text.connection === undefined).map(({ plain }) => plain)
  expect(own.join()).toContain('hello')
  expect(own.join()).not.toContain('pelican')
})
