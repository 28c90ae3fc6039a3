import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { readCards } from '../../src/cards/read.ts'
import { destructiveVerbIn } from '../../src/policy/name-verb.ts'
import { ROOT } from '../support/paths.ts'

const FIXTURES = join(ROOT, 'test', 'fixtures', 'tool-lists')
const cards = readCards(join(ROOT, 'run-cards'))

/** The real `tools/list` of a card's server, where it can be started without an account: see `scripts/tool-lists.ts`. */
const Listed = z.array(
  z.object({
    name: z.string(),
    annotations: z.object({ readOnlyHint: z.boolean().optional(), destructiveHint: z.boolean().optional() }).optional(),
    inputSchema: z.looseObject({ properties: z.record(z.string(), z.json()).default({}) }),
  }),
)
const listed = new Map(
  readdirSync(FIXTURES).map((file) => [
    basename(file, '.json'),
    Listed.parse(JSON.parse(readFileSync(join(FIXTURES, file), 'utf8'))),
  ]),
)

const WRITING = new Set(
  'add append apply assign attach copy create deploy edit exec execute export finalize fork import insert install invite manage modify move mute patch post publish push put rename reopen replace reply rerun resolve restore run save schedule send set start submit sync toggle transition trigger update upload upsert write'.split(
    ' ',
  ),
)

function writingVerb(tool: string): string | undefined {
  const words = tool
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z]+/)
  return destructiveVerbIn(tool) ?? words.find((word) => WRITING.has(word))
}

/** Tools called a read although their name or the server's claim says otherwise: each looked at, with the reason. */
const REVIEWED: Record<string, string> = {
  'circleci/find_flaky_tests':
    'claimed destructive: writes a file only if FILE_OUTPUT_DIRECTORY is set, which it is not',
  'elasticsearch/platform_core_execute_esql': 'ES|QL has no statement that writes',
  'everything/trigger-long-running-operation': 'only waits',
  'new-relic/execute_nrql_query': 'NRQL has no statement that writes',
  'pagerduty/get_schedule': 'the schedule is a noun',
  'pagerduty/get_status_page_post': 'the post is a noun',
  'pagerduty/list_schedule_users': 'the schedule is a noun',
  'pagerduty/list_status_page_post_updates': 'the post is a noun',
}

const reads = cards.flatMap((card) =>
  Object.entries(card.tools)
    .filter(([, word]) => word.class === 'read' && word.sql === undefined)
    .map(([tool]) => ({ card: card.name, tool, key: `${card.name}/${tool}` })),
)

/** The server's own claim that a tool changes something. */
function claimsChange(card: string, name: string): boolean {
  const claim = listed.get(card)?.find((tool) => tool.name === name)?.annotations
  return claim?.readOnlyHint === false || claim?.destructiveHint === true
}

describe('the tools of the cards', () => {
  it.each([...listed.keys()])('%s: are all on the list of its server', (name) => {
    const card = cards.find((one) => one.name === name)
    const names = new Map(listed.get(name)?.map((tool) => [tool.name, tool]))
    expect(card, 'a list without a card').toBeDefined()
    expect(Object.keys(card?.tools ?? {}).filter((tool) => !names.has(tool))).toEqual([])
    for (const check of card?.server.checks ?? []) expect([...names.keys()]).toContain(check.tool)
    for (const check of card?.server.checks ?? [])
      for (const argument of Object.keys(check.arguments))
        expect(Object.keys(names.get(check.tool)?.inputSchema.properties ?? {})).toContain(argument)
  })

  it('are no read when the name says they write, or the server does', () => {
    const bold = reads.filter(({ card, tool }) => writingVerb(tool) !== undefined || claimsChange(card, tool))
    expect(bold.map(({ key }) => key).toSorted()).toEqual(Object.keys(REVIEWED).toSorted())
  })

  it('are no read where the server only claims so', () => {
    const classOf = (card: string, tool: string) => cards.find((one) => one.name === card)?.tools[tool]?.class
    // It sends mail, and says that it only reads.
    expect(classOf('azure', 'communication_email_send')).toBeUndefined()
    // Writes with $out and $merge, and says that it only reads.
    expect(classOf('mongodb', 'aggregate')).toBe('write')
    expect(classOf('stripe', 'stripe_api_write')).toBe('destructive')
    expect(classOf('sentry', 'execute_sentry_tool')).toBe('destructive')
    expect(classOf('kubernetes', 'resources_get')).toBeUndefined()
  })

  it('are vouched for only where the code is pinned', () => {
    const bold = cards.filter((card) => card.vouches && card.server.kind === 'http').map((card) => card.name)
    expect(bold).toEqual([])
  })
})
