import { expect, test } from 'vitest'
import { createConnectionId, UserId } from '../../src/ids.ts'
import type { CallFacts } from '../../src/policy/call-facts.ts'
import { approversFor, decide } from '../../src/policy/decide.ts'
import type { Rule } from '../../src/policy/rules.ts'

const ada = UserId.parse('UADA')
const boss = UserId.parse('UBOSS')
const connection = createConnectionId()

const asked = (change: Partial<CallFacts> = {}): CallFacts => ({
  requester: ada,
  connection,
  card: 'filesystem',
  tool: 'list_directory',
  definition: 'd1',
  word: { class: 'read', vouched: false },
  annotations: undefined,
  sql: undefined,
  hosts: [],
  shownIn: undefined,
  reach,
  approvers: [],
  ...change,
})

const rule = (change: Partial<Rule>): Rule => ({
  id: 'r',
  scope: 'workspace',
  user: undefined,
  card: undefined,
  connection: undefined,
  connectionName: undefined,
  tool: '*',
  verdict: 'ask',
  fourEyes: false,
  definition: undefined,
  createdAt: new Date(0),
  createdBy: boss,
  ...change,
})

const flow = { to: 'evil.example', carried: [{ from: 'crm', chars: 1400 }], isUncertain: false, madeAfter: [] }
const reach = { place: 'dm', arguments: [] }
const always = rule({
  scope: 'person',
  user: ada,
  connection,
  tool: 'write_file',
  verdict: 'allow',
  definition: 'd1',
  reach,
})
const shown = { ...always, tool: 'other', reach: { place: 'C1', arguments: [], shows: true as const } }
const write = { tool: 'write_file', word: { class: 'write' as const, vouched: true } }
const unknown = { word: { class: undefined, vouched: false } }

/** A card that does not vouch calls the tool a read. */
const merge = (tool: string, expected: string): [string, CallFacts, Rule[], string] => [
  `${tool}: ${expected}`,
  asked({ tool, word: { class: 'read', vouched: false } }),
  [],
  expected,
]

test.each<[string, CallFacts, Rule[], string]>([
  ['a curated read goes ahead', asked(), [], 'allow read'],
  ['a read that others would see asks', asked({ showsIn: 'C1' }), [], 'ask write'],
  ['a read that was let into the channel goes ahead', asked({ showsIn: 'C1' }), [shown], 'allow read'],
  ['letting it into one channel is not letting it into another', asked({ showsIn: 'C2' }), [shown], 'ask write'],
  ['letting in what is read allows no write', asked(write), [{ ...shown, tool: 'write_file' }], 'ask write'],
  ['a write asks', asked(write), [], 'ask write'],
  [
    'an unknown tool asks, whatever its server claims',
    asked({ ...unknown, annotations: { readOnlyHint: true } }),
    [],
    'ask write',
  ],
  [
    'a destructive name makes an unknown tool destructive',
    asked({ ...unknown, tool: 'dropTable' }),
    [],
    'ask destructive',
  ],
  ...['get_merge_request_diffs', 'getMergeRequest', 'list-merge-requests'].map((tool) => merge(tool, 'allow read')),
  ...['merge_merge_request', 'merge_request', 'get_merge', 'mergeRequest'].map((tool) =>
    merge(tool, 'ask destructive'),
  ),
  ['annotations make a read stricter', asked({ annotations: { readOnlyHint: false } }), [], 'ask write'],
  [
    'annotations make a write destructive',
    asked({ tool: 'x', word: { class: 'write', vouched: false }, annotations: { destructiveHint: true } }),
    [],
    'ask destructive',
  ],
  [
    'a card that vouches is not overruled by the server',
    asked({ ...write, annotations: { destructiveHint: true } }),
    [],
    'ask write',
  ],
  ['annotations never make it looser', asked({ ...write, annotations: { readOnlyHint: true } }), [], 'ask write'],
  ['SQL that reads goes ahead', asked({ ...write, sql: { risk: 'read', why: '' } }), [], 'allow read'],
  [
    'SQL that destroys is destructive',
    asked({ ...write, sql: { risk: 'destructive', why: '' } }),
    [],
    'ask destructive',
  ],
  ['what its arguments show makes a read ask', asked({ findings: [{ risk: 'write', why: 'x' }] }), [], 'ask write'],
  [
    'what its arguments show makes a write destructive, in SQL tools, too',
    asked({ ...write, sql: { risk: 'read', why: '' }, findings: [{ risk: 'destructive', why: 'x' }] }),
    [],
    'ask destructive',
  ],
  [
    'findings never make it looser',
    asked({ ...unknown, tool: 'drop', findings: [{ risk: 'read', why: 'x' }] }),
    [],
    'ask destructive',
  ],
  ['a read that sends what was read asks', asked({ flow }), [], 'ask write'],
  ['"always allow" knows nothing of what leaves', asked({ ...write, flow }), [always], 'ask write'],
  [
    '"always allow" knows nothing of what arguments show',
    asked({ ...write, findings: [{ risk: 'write', why: 'x' }] }),
    [always],
    'ask write',
  ],
  ['a workspace allow is followed, whatever leaves', asked({ flow }), [rule({ verdict: 'allow' })], 'allow read'],
  ['"always allow" holds', asked(write), [always], 'allow write'],
  [
    '"always allow" of a DM is not a channel’s',
    asked({ ...write, reach: { ...reach, place: 'COPS' } }),
    [always],
    'ask write',
  ],
  [
    '"always allow" from before rules were narrow is void',
    asked(write),
    [{ ...always, reach: undefined }],
    'ask write',
  ],
  ['"always allow" is void for what cannot be read', asked({ ...write, reach: undefined }), [always], 'ask write'],
  ['"always allow" is void for another definition', asked({ ...write, definition: 'd2' }), [always], 'ask write'],
  [
    '"always allow" is void for what destroys',
    asked({ ...write, sql: { risk: 'destructive', why: '' } }),
    [always],
    'ask destructive',
  ],
  [
    '"always allow" of another connection does not count',
    asked({ ...write, connection: createConnectionId() }),
    [always],
    'ask write',
  ],
  ['a workspace ask beats "always allow"', asked(write), [always, rule({ tool: 'write_file' })], 'ask write'],
  ['a workspace deny beats all', asked(), [rule({ verdict: 'allow' }), rule({ verdict: 'deny' })], 'deny read'],
  ['a workspace allow is followed', asked(write), [rule({ verdict: 'allow', card: 'filesystem' })], 'allow write'],
  ['a rule for another card does not count', asked(), [rule({ verdict: 'deny', card: 'github' })], 'allow read'],
  ['four eyes with nobody else denies and says what to do', asked(write), [rule({ fourEyes: true })], 'deny write'],
])('%s', (_name, question, rules, expected) => {
  const verdict = decide(question, rules)
  expect(`${verdict.kind} ${verdict.risk}`).toBe(expected)
})

test('the requester may not approve own calls under four eyes', () => {
  const verdict = decide(asked({ ...write, approvers: [ada, boss] }), [rule({ fourEyes: true })])
  expect(verdict).toMatchObject({ kind: 'ask', approvers: [boss], fourEyes: true, mayAlways: false })
})

test('the rule that wants most people counts, and too few can never meet it', () => {
  const rules = [rule({ approvals: 2 }), rule({})]
  const both = { ...write, approvers: [ada, boss] }
  expect(decide(asked(both), rules)).toMatchObject({ kind: 'ask', needed: 2, approvers: [ada, boss] })
  expect(decide(asked(both), [])).toMatchObject({ needed: 1 })
  const why = [expect.stringMatching(/wants 2 people to approve this, and only 1 can/)]
  expect(decide(asked(both), [...rules, rule({ fourEyes: true })])).toMatchObject({ kind: 'deny', why })
})

test('only members of a user group decide where a rule names it', () => {
  const eve = UserId.parse('UEVE')
  const rules = [rule({ group: 'SDATA' })]
  const facts = asked({ ...write, approvers: [boss] })
  expect(decide(facts, rules), 'nobody was asked yet').toMatchObject({ kind: 'ask', groups: ['SDATA'], approvers: [] })
  expect(decide({ ...facts, members: [eve] }, rules)).toMatchObject({ kind: 'ask', approvers: [eve], mayAlways: false })
  expect(decide({ ...facts, members: [ada, eve] }, [rule({ group: 'SDATA', fourEyes: true })])).toMatchObject({
    approvers: [eve],
  })
  expect(decide({ ...facts, members: [] }, rules)).toMatchObject({ kind: 'deny' })
})

test('what cannot be read gets no rule', () => {
  expect(decide(asked(write), [])).toMatchObject({ mayAlways: true })
  expect(decide(asked({ ...write, reach: undefined }), [])).toMatchObject({ mayAlways: false })
})

test('who decides', () => {
  const of = (risk: 'write' | 'destructive', approvers: UserId[]) =>
    approversFor({ risk, fourEyes: false, requester: ada, approvers })
  expect(of('write', [])).toEqual([ada])
  expect(of('write', [boss])).toEqual([ada, boss])
  expect(of('destructive', [])).toEqual([ada])
  expect(of('destructive', [boss])).toEqual([boss])
})

test('an approver reads where the answer will be seen and which hosts are named', () => {
  const verdict = decide(asked({ ...write, shownIn: '#ops', hosts: ['evil.example'] }), [])
  expect(verdict.why.join(' ')).toContain('#ops')
  expect(verdict.why.join(' ')).toContain('evil.example')
})

test.each([
  [flow, 'This sends 1,400 characters that came from crm to evil.example.'],
  [
    { ...flow, carried: [...flow.carried, { from: 'wiki', chars: 30 }] },
    'This sends 1,400 characters that came from crm and 30 characters that came from wiki to evil.example.',
  ],
  [
    { ...flow, carried: [], madeAfter: ['crm', 'wiki'] },
    'I made up the address that this reads. It can carry what I read from crm and wiki to evil.example.',
  ],
  [
    { ...flow, carried: [], isUncertain: true },
    'I have read too much to tell whether this sends some of it to evil.example.',
  ],
])('the card says what leaves and where to, and offers no standing permission', (leaving, words) => {
  const verdict = decide(asked({ flow: leaving }), [])
  expect(verdict.why[0]).toBe(words)
  expect(verdict).toMatchObject({ kind: 'ask', mayAlways: false })
})

const destructive = { ...write, sql: { risk: 'destructive' as const, why: '' } }

test.each<[string, CallFacts, Partial<Rule>, string]>([
  ['what destroys, too, where changes are forbidden', asked(destructive), { class: 'write' }, 'deny'],
  ['a change where changes are forbidden', asked(write), { class: 'write' }, 'deny'],
  ['no read where changes are forbidden', asked(), { class: 'write' }, 'allow'],
  ['no change where destroying is forbidden', asked(write), { class: 'destructive' }, 'ask'],
  ['a read where reading is forbidden', asked(), { class: 'read' }, 'deny'],
  ['what is shown in its channel', asked({ shownIn: '<#COPS>' }), { channel: 'COPS' }, 'deny'],
  ['nothing of another channel', asked({ shownIn: '<#CGENERAL>' }), { channel: 'COPS' }, 'allow'],
  ['nothing of direct messages', asked(), { channel: 'COPS' }, 'allow'],
])('a rule for everybody catches %s', (_name, question, change, expected) => {
  expect(decide(question, [rule({ verdict: 'deny', ...change })]).kind).toBe(expected)
})

const shared = (level: 'reads' | 'writes_ask' | 'all_ask') => ({ shared: { level } })

test.each<[string, CallFacts, Rule[], string]>([
  ['only reads: a read goes ahead', asked(shared('reads')), [], 'allow read'],
  ['only reads: a change is refused', asked({ ...write, ...shared('reads') }), [], 'deny write'],
  ['only reads: so is what nobody has classed', asked({ ...unknown, ...shared('reads') }), [], 'deny write'],
  [
    'only reads: no rule loosens it',
    asked({ ...write, ...shared('reads') }),
    [always, rule({ verdict: 'allow' })],
    'deny write',
  ],
  ['changes ask: a read goes ahead', asked(shared('writes_ask')), [], 'allow read'],
  ['changes ask: "always allow" does not count', asked({ ...write, ...shared('writes_ask') }), [always], 'ask write'],
  [
    'changes ask: nor does a rule that allows',
    asked({ ...write, ...shared('writes_ask') }),
    [rule({ verdict: 'allow' })],
    'ask write',
  ],
  ['everything asks: a read, too', asked(shared('all_ask')), [rule({ verdict: 'allow' })], 'ask write'],
  ['a workspace deny counts first', asked(shared('all_ask')), [rule({ verdict: 'deny' })], 'deny read'],
  [
    'what not everybody may use asks where others read',
    asked({ ...shared('reads'), shownIn: '<#C1>', showsIn: 'C1' }),
    [rule({ verdict: 'allow' })],
    'ask write',
  ],
])('with the workspace’s connection, %s', (_name, question, rules, expected) => {
  const verdict = decide(question, rules)
  expect(`${verdict.kind} ${verdict.risk}`).toBe(expected)
  if (verdict.kind === 'ask') expect(verdict.mayAlways).toBe(false)
})

test.each(['writes_ask', 'all_ask'] as const)('a rule that wants two people holds where %s', (level) => {
  const two = rule({ verdict: 'ask', approvals: 2 })
  const verdict = decide(asked({ ...write, ...shared(level), approvers: [boss, ada] }), [two])
  expect(verdict).toMatchObject({ kind: 'ask', needed: 2, mayAlways: false })
  expect(decide(asked({ ...write, ...shared(level), approvers: [] }), [two])).toMatchObject({ kind: 'deny' })
})

test('whether others may see what a connection reads is for its owner alone to say', () => {
  const verdict = decide(asked({ showsIn: 'C1', shownIn: '<#C1>', approvers: [boss] }), [])
  expect(verdict).toMatchObject({ kind: 'ask', approvers: [ada], mayAlways: true, shows: true })
})
