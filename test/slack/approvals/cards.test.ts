import { describe, expect, test } from 'vitest'
import { checkMessage } from '../../../src/block-kit/check-message.ts'
import { checkView } from '../../../src/block-kit/check-view.ts'
import { ApprovalId, UserId } from '../../../src/ids.ts'
import type { ApprovalState, CallState, RunState } from '../../../src/run/state/state.ts'
import { approvalMessage, type CardPlace, pendingApprovalMessage } from '../../../src/slack/approvals/approval-card.ts'
import { type ApprovalGroup, approvalGroupsOf, groupOf } from '../../../src/slack/approvals/approval-groups.ts'
import { groupMessage, groupModal, pendingGroupMessage } from '../../../src/slack/approvals/group-card.ts'
import { approvalOf, callOf } from '../samples.ts'
import { ORIGIN, stateOf } from '../states.ts'

const [MORGAN, AVERY] = [ORIGIN.user, UserId.parse('UAPPROV1')]
const AT = new Date('2026-11-21T08:35:00Z')
const WHEN = '<!date^1795250100^{date_short_pretty} at {time}|2026-11-21 08:35 UTC>'
const DELETE = { sql: 'DELETE FROM employee WHERE emp_no = 10001' }

type Asked = { call?: Partial<CallState>; approval?: Partial<ApprovalState>; state?: Partial<RunState> }

function askedFor({ call: change = {}, approval: asked = {}, state: stateChange = {} }: Asked) {
  const approval = approvalOf(asked)
  const state = stateOf([{ text: '', calls: [{ stage: 'awaiting_approval', approval, ...change }] }], {
    status: 'working',
    ...stateChange,
  })
  const [call] = state.calls
  if (call === undefined) throw new Error('no call')
  return { state, call, approval }
}

const sql = { title: 'Execute SQL', tool: 'execute_sql', connectionName: 'demo-database', arguments: DELETE }
const destructive = { risk: 'destructive' as const, approvers: [AVERY], why: ['This SQL deletes rows.'] }
const dm = { origin: { ...ORIGIN, place: 'dm' as const } }
const textOf = (content: unknown) => JSON.stringify(content)

describe('what is asked', () => {
  test('one’s own request in one’s own direct messages is a question, without a third person', () => {
    const card = textOf(approvalMessage(askedFor({ state: dm }), { reader: MORGAN }))
    expect(card).toContain('*May I write hello.txt?*')
    expect(card).toContain('You can decide this. Without a yes by ')
    expect(card).not.toMatch(/<@UMEMBER1>|asked in|member/)
  })

  test('an approver elsewhere reads the request’s own words, cut and harmless, and a link to it', () => {
    const text = `Delete <!channel> *now*\n${'and more '.repeat(200)}`
    const place = { reader: AVERY, isElsewhere: true, link: 'https://x.slack.com/archives/C1/p1' }
    const content = askedFor({ call: sql, approval: destructive, state: { text } })
    const card = textOf(approvalMessage(content, place))
    expect(card).toContain('<@UMEMBER1> wants to execute SQL')
    expect(card).toContain('Asked in <#CGENERAL1> · <https://x.slack.com/archives/C1/p1|Go to the thread>')
    expect(card).toMatch(/\\n> Delete &lt;!channel&gt; now and more .*…"/)
    expect(card).not.toContain('Always allow')
    expect(checkMessage(approvalMessage(content, place))).toEqual([])
  })

  test.each<[string, Asked, CardPlace]>([
    ['in its own thread', {}, {}],
    ['to the requester at Home', {}, { reader: MORGAN, isElsewhere: true }],
  ])('the words are not repeated %s', (_name, asked, place) => {
    expect(textOf(approvalMessage(askedFor(asked), place))).not.toContain('Write hello.txt\\n')
  })

  test('what replaces a file says so', () => {
    expect(textOf(approvalMessage(askedFor({})))).not.toContain('There is a file')
    expect(textOf(approvalMessage(askedFor({ call: { replaces: true } })))).toContain('There is a file of that name.')
  })

  test('what can destroy looks like it, and asks once more with the statement', () => {
    const { blocks } = approvalMessage(askedFor({ call: sql, approval: destructive }))
    const approve = textOf(blocks.at(-1))
    expect(approve).toContain(
      '"action_id":"approval_approve","value":"abcdefghijklmnopqrstuv","style":"danger","confirm"',
    )
    expect(approve).toContain('DELETE FROM employee WHERE emp_no = 10001')
    expect(textOf(approvalMessage(askedFor({})).blocks.at(-1))).toContain('"style":"primary"')
  })

  test.each<[string, string[], RegExp]>([
    ['nobody has checked', ['Nobody here has checked what this does; its server says it only reads.'], /only reads\."/],
    ['a rule asks for', ['A workspace rule says to ask first.', 'It only reads.'], /It only reads\."/],
  ])('what %s is not said to change something', (_name, why, said) => {
    const card = textOf(approvalMessage(askedFor({ approval: { why } })))
    expect(card).toMatch(said)
    expect(card).not.toContain('changes something')
  })

  test('who waits reads the statement, or all there is to it', () => {
    const waits = textOf(pendingApprovalMessage(askedFor({ call: sql, approval: destructive }), undefined))
    expect(waits).toContain('Waiting for <@UAPPROV1> to allow: `DELETE FROM employee WHERE emp_no = 10001`')
    const write = textOf(pendingApprovalMessage(askedFor({ approval: { approvers: [AVERY] } }), undefined))
    expect(write).toContain('content: \\"Hello\\"')
  })
})

type Decided = NonNullable<ApprovalState['decided']>
const decidedBy = (by: UserId, change: Partial<Decided> = {}): Decided => ({
  decision: 'approved',
  by,
  reason: undefined,
  at: AT,
  edited: false,
  ...change,
})
const counted = (count: number) => ({
  summary: '1 statement',
  text: `{"success":true,"data":{"statements":[{"rows":[],"count":${count}}]}}`,
  images: [],
  isError: false,
  files: [],
  ms: 1,
})

describe('what was decided is one line', () => {
  test.each<[string, Asked & { decided: Decided }, CardPlace, string]>([
    [
      'own, done',
      { call: { stage: 'done' }, decided: decidedBy(MORGAN) },
      { reader: MORGAN },
      `:white_check_mark: You approved: wrote hello.txt · ${WHEN}`,
    ],
    [
      'another’s, done',
      { call: { stage: 'done' }, decided: decidedBy(AVERY) },
      { reader: MORGAN },
      `:white_check_mark: <@UAPPROV1> approved: wrote hello.txt · ${WHEN} · Done`,
    ],
    [
      'under way',
      { call: { stage: 'calling' }, decided: decidedBy(AVERY) },
      { reader: AVERY },
      `:white_check_mark: You approved: write hello.txt · ${WHEN}`,
    ],
    [
      'SQL that deleted a row',
      { call: { ...sql, stage: 'done', result: counted(1) }, decided: decidedBy(AVERY) },
      { reader: AVERY },
      `:white_check_mark: You approved: \`DELETE FROM employee WHERE emp_no = 10001\` · ${WHEN} · Done: 1 row deleted`,
    ],
    [
      'failed',
      { call: { stage: 'failed', cause: 'secret cause' }, decided: decidedBy(AVERY) },
      {},
      `:warning: <@UAPPROV1> approved: write hello.txt · ${WHEN} · It failed.`,
    ],
    [
      'one’s own, changed by another',
      {
        call: { ...sql, stage: 'done', asked: DELETE, arguments: { sql: 'DELETE FROM employee WHERE emp_no = 2' } },
        approval: { proposal: { by: AVERY, arguments: {}, risk: 'write', at: AT, askedBefore: [AVERY] } },
        decided: decidedBy(MORGAN),
      },
      { reader: MORGAN },
      `:white_check_mark: You asked for \`DELETE FROM employee WHERE emp_no = 10001\` · <@UAPPROV1> changed it to \`DELETE FROM employee WHERE emp_no = 2\` · you approved that · ${WHEN} · Done`,
    ],
    [
      'for its thread',
      { call: { stage: 'done' }, decided: decidedBy(MORGAN, { width: 'thread' }) },
      { reader: MORGAN },
      `:white_check_mark: You approved, and the like in this thread: wrote hello.txt · ${WHEN}`,
    ],
    [
      'covered by a new rule',
      { call: { stage: 'done' }, decided: decidedBy(MORGAN, { byRule: true }) },
      { reader: MORGAN },
      `:white_check_mark: You approved with a new rule: wrote hello.txt · ${WHEN}`,
    ],
    [
      'denied with words',
      { call: { stage: 'denied' }, decided: decidedBy(AVERY, { decision: 'denied', reason: 'Not <!here>' }) },
      {},
      `:no_entry_sign: <@UAPPROV1> denied: write hello.txt · ${WHEN}\n> Not &lt;!here&gt;`,
    ],
  ])('%s', (_name, { decided, ...asked }, place, line) => {
    const content = askedFor({ ...asked, approval: { ...asked.approval, decided } })
    const { blocks } = approvalMessage(content, place)
    expect(blocks).toMatchObject([{ type: 'section', text: { text: line } }])
  })
})

const idOf = (at: number) => ApprovalId.parse(`abcdefghijklmnopqrst${String(at).padStart(2, '0')}`)

/** A turn with a call for each of these approvals. */
function turnOf(approvals: Partial<ApprovalState>[], change: Partial<CallState> = {}): RunState {
  const calls = approvals.map((asked, at) => ({
    stage: 'awaiting_approval' as const,
    arguments: { path: `${at}.txt`, content: 'x' },
    ...change,
    approval: approvalOf({ id: idOf(at), ...asked }),
  }))
  return stateOf([{ text: '', calls }], { status: 'working', text: 'Write some files' })
}

const groupsIn = (state: RunState): ApprovalGroup[] => approvalGroupsOf(state)
const sizesOf = (groups: ApprovalGroup[]) => groups.map(({ contents }) => contents.length)

describe('the calls of one turn on one card', () => {
  test.each<[string, Partial<ApprovalState>[], number[]]>([
    ['one alone', [{}], [1]],
    ['three of the same people', [{}, {}, {}], [3]],
    ['apart where others decide', [{}, { approvers: [AVERY] }, {}], [2, 1]],
    ['twelve, so that each can be read', Array.from({ length: 12 }, () => ({})), [10, 2]],
  ])('%s', (_name, approvals, sizes) => {
    expect(sizesOf(groupsIn(turnOf(approvals)))).toEqual(sizes)
  })

  test('a call that somebody changed leaves the list’s buttons, as its requester is asked on a card of its own', () => {
    const state = turnOf([
      { askedFirst: [AVERY], approvers: [AVERY] },
      {
        askedFirst: [AVERY],
        approvers: [MORGAN],
        proposal: { by: AVERY, arguments: { path: 'b.txt' }, risk: 'write', at: new Date(), askedBefore: [AVERY] },
      },
      { askedFirst: [AVERY], approvers: [AVERY] },
    ])
    const groups = groupsIn(state)
    expect(sizesOf(groups)).toEqual([3])
    const [list] = groups
    const card = textOf(list && groupMessage(list))
    expect(card).toContain('Approve all 2')
    expect(card).toContain('2. *write 1.txt*: changed, waits for <@UMEMBER1>')
    expect(card).toMatch(/asked for.*1\.txt.*<@UAPPROV1> changed it to.*b\.txt/)
    const note = textOf(list && pendingGroupMessage(list, undefined))
    expect(note).toMatch(/write 1\.txt: <@UAPPROV1> changed it\. Please decide on the card below\..*• write 0\.txt/)
  })

  test('a list of which all was changed asks nothing, and its note is no empty message', () => {
    const proposal = { by: AVERY, arguments: { path: 'b.txt' }, risk: 'write' as const, at: AT, askedBefore: [AVERY] }
    const changed = { askedFirst: [AVERY], approvers: [MORGAN], proposal }
    const [list] = groupsIn(turnOf([changed, changed]))
    if (list === undefined) throw new Error('no list')
    expect(textOf(groupMessage(list))).toContain('<@UMEMBER1> can decide what was changed')
    expect(checkMessage(groupMessage(list))).toEqual([])
    expect(checkMessage(pendingGroupMessage(list, undefined))).toEqual([])
  })

  test('words that deny or withdraw several calls stand once', () => {
    const denied = { decided: decidedBy(AVERY, { decision: 'denied', reason: 'Not these' }) }
    const [list] = groupsIn(turnOf([denied, denied, { decided: decidedBy(AVERY) }], { stage: 'denied' }))
    expect(textOf(list && groupMessage(list)?.blocks).split('Not these')).toHaveLength(2)
  })

  test('the list says what each call is, and takes one decision', () => {
    const [group] = groupsIn(turnOf([{}, { risk: 'destructive' }, {}]))
    const card = group && groupMessage(group, { reader: MORGAN })
    expect(textOf(card)).toContain('*May I do these 3 things?*')
    for (const path of ['0.txt', '1.txt', '2.txt']) expect(textOf(card)).toContain(`path: \\"${path}\\"`)
    expect(textOf(card?.blocks.at(-1))).toMatch(/"Approve all 3".*"style":"danger".*"Deny all".*"One by one"/)
    expect(card && checkMessage(card)).toEqual([])
  })

  test('what is left alone gets its own buttons, and a decided list is lines', () => {
    const open = groupsIn(turnOf([{ decided: decidedBy(MORGAN) }, {}]))
    const [left] = open
    expect(textOf(left && groupMessage(left))).toMatch(/1\. :white_check_mark: <@UMEMBER1> approved.*"Approve"/)
    const [done] = groupsIn(turnOf([{ decided: decidedBy(MORGAN) }, { decided: decidedBy(MORGAN) }], { stage: 'done' }))
    const card = done && groupMessage(done, { reader: MORGAN })
    expect(card?.blocks).toHaveLength(1)
    expect(textOf(card)).toMatch(/You approved: wrote 0\.txt .*\\n:white_check_mark: You approved: wrote 1\.txt/)
  })

  test('the largest fits in a message and a modal', () => {
    const long = { title: 'L'.repeat(500), arguments: { text: 'x'.repeat(20_000) } }
    const state = turnOf(
      Array.from({ length: 10 }, () => ({ why: ['w'.repeat(500)] })),
      long,
    )
    const [group] = groupsIn(state)
    if (group === undefined) throw new Error('no group')
    expect(checkMessage(groupMessage(group, { isElsewhere: true }))).toEqual([])
    expect(checkMessage(pendingGroupMessage(group, 'COPS00001'))).toEqual([])
    expect(checkView(groupModal(group.contents, { reader: MORGAN, isElsewhere: true }, '<@UAPPROV1>'))).toEqual([])
  })

  test('a call finds its list', () => {
    const state = turnOf([{}, {}])
    const [, call] = state.calls
    if (call?.approval === undefined) throw new Error('no call')
    expect(groupOf({ state, call, approval: call.approval }).contents).toHaveLength(2)
    expect(callOf().approval).toBeUndefined()
  })
})
