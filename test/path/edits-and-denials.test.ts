import { WebClient } from '@slack/web-api'
import { expect, test } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { lookOf, type Seat, type SeenMessage } from '../support/person.ts'
import { rowsIn } from '../support/rows.ts'
import { type Script, says, wishes } from '../support/scripted-model.ts'
import { startWorld, type World, type WorldOptions } from '../support/world.ts'

const ASKED = 'DELETE FROM employee WHERE emp_no = 10003'
const CHANGED = 'DELETE FROM employee WHERE emp_no = 10004'
const drop = wishes('demo-database__execute_sql', { sql: ASKED })
const write = wishes('filesystem__write_file', { path: 'a.txt', content: 'a' })

const textOf = (world: World): string => JSON.stringify(world.model.requests.at(-1)?.messages)

const cardIn = (seat: Seat, channel: string, thread: string | undefined, what: RegExp): Promise<SeenMessage> =>
  eventually(async () => {
    const all = await seat.messages(channel, thread)
    const found = all.find((one) => what.test(lookOf(one)))
    expect(found, `${seat.who} sees nothing like ${what} among:\n${all.map(lookOf).join('\n---\n')}`).toBeDefined()
    return found ?? Promise.reject(new Error('no card'))
  })

const seesModal = (seat: Seat, what: RegExp) =>
  eventually(async () => expect(JSON.stringify(await seat.modal())).toMatch(what))

/** An approver changes what waits; what they read then. */
async function edit(seat: Seat, where: { channel: string }, ts: string, values: Record<string, string>): Promise<void> {
  await seat.press(where, ts, 'Edit')
  await seesModal(seat, /Edit and approve/)
  await seat.submit(values)
}

async function startAsked(
  options: WorldOptions,
  model: Script[] = [drop, says('All right.')],
  connection = 'demo-database',
) {
  const world = await startWorld({ approvers: ['approver'], model, ...options })
  const [member, approver, owner] = [world.as('member'), world.as('approver'), world.as('owner')]
  await member.connect(connection)
  return { world, member, approver, owner }
}

test.each(['dm', 'channel'])(
  'what an approver changed runs only once the requester confirmed it, and both versions are told: in a %s',
  async (place) => {
    const { world, member, approver } = await startAsked({})
    await using _ = world
    const where = place === 'dm' ? await member.dm('delete 10003') : await member.mention('delete 10003')
    const seen = place === 'dm' ? { channel: 'dm', thread: undefined } : where
    const card = await cardIn(approver, seen.channel, seen.thread, /"Approve"/)
    await edit(approver, seen, card.ts, { sql: CHANGED })
    await seesModal(approver, /I asked <@UMEMBER1> to confirm your change/)
    const asking = await member.see(where, /<@UAPPROV1> changed what you asked for\. May I do it like this\?/)
    for (const text of [ASKED, CHANGED]) expect(lookOf(asking)).toContain(text)
    const told = await cardIn(approver, seen.channel, seen.thread, /<@UMEMBER1>, who has to confirm it by/)
    expect(told.ts).toBe(card.ts)
    expect(lookOf(told)).not.toContain('approval_approve')
    expect(await rowsIn(world, "select seq from run_events where type in ('answered', 'called')")).toEqual([])
    await world.restart()
    await member.press(where, asking.ts, 'Approve')
    await member.see(where, /All right\./)
    expect(textOf(world)).toContain(
      `[A person changed the arguments to ${JSON.stringify(JSON.stringify({ sql: CHANGED })).slice(1, -1)} before approving.`,
    )
    const told2 = await cardIn(approver, seen.channel, seen.thread, /<@UMEMBER1> approved that/)
    const decided = await member.see(where, /(?:You|<@UMEMBER1>) approved it as <@UAPPROV1> changed it/)
    expect([decided.ts, decided.blocks?.length]).toEqual([asking.ts, 1])
    await eventually(async () =>
      expect(JSON.stringify(await member.home())).toContain('*delete 10003* done with changes'),
    )
    for (const text of [ASKED, CHANGED, '<@UMEMBER1> asked for']) expect(lookOf(told2)).toContain(text)
    expect(lookOf(told2)).toMatch(/(?:you|<@UAPPROV1>) changed it to/)
    const audited = await rowsIn(
      world,
      `select action, audit_named(workspace_id, to_jsonb(actor)) as actor, details ->> 'hash' as hash, details ->> 'asked_hash' as asked from audit_events
       where action like 'approval%' order by id`,
    )
    expect(audited).toMatchObject([
      { action: 'approval_changed', actor: 'UAPPROV1' },
      { action: 'approval_approved', actor: 'UMEMBER1' },
    ])
    const [changed, approved] = audited
    expect(changed?.hash).not.toBe(changed?.asked)
    expect({ hash: approved?.hash, asked: approved?.asked }).toEqual({ hash: changed?.hash, asked: changed?.asked })
    const answer = await member.see(where, /"Details"/)
    await member.press(where, answer.ts, 'Details')
    await seesModal(
      member,
      /You asked for `DELETE .* 10003` · <@UAPPROV1> changed it to `DELETE .* 10004` · you approved that/,
    )
  },
)

test('while the requester is asked, nobody else decides, and old cards say what happened', async () => {
  let client = new WebClient('')
  const { world, member, approver, owner } = await startAsked({
    approvers: ['approver', 'owner'],
    change(settings) {
      client = new WebClient(settings.slack?.botToken ?? '', { slackApiUrl: settings.slack?.apiUrl ?? '' })
      return settings
    },
  })
  await using _ = world
  const where = await member.mention('delete 10003')
  const card = await member.see(where, /"Approve"/)
  const old = await client.chat.postMessage({
    channel: 'CGENERAL1',
    thread_ts: where.thread,
    text: card.text,
    blocks: card.blocks ?? [],
  })
  await edit(approver, where, card.ts, { sql: CHANGED })
  const asking = await member.see(where, /May I do it like this/)
  for (const seat of [owner, approver, member]) {
    await seat.press(where, old.ts ?? '', 'Approve')
    await seat.see(where, /<@UAPPROV1> changed this meanwhile\. Only <@UMEMBER1> can decide now/)
  }
  await owner.press(where, asking.ts, 'Approve')
  await owner.press(where, asking.ts, 'Deny')
  await owner.press(where, old.ts ?? '', 'Edit')
  await eventually(async () => {
    const refused = (await owner.messages(where.channel, where.thread)).filter(({ ephemeral }) => ephemeral)
    expect(refused.filter(({ text }) => /changed this meanwhile/.test(text))).toHaveLength(4)
  })
  expect(await owner.modal()).toBeNull()
  expect(await rowsIn(world, 'select status, proposed_by from approvals')).toEqual([
    { status: 'pending', proposed_by: 'UAPPROV1' },
  ])
  await member.home()
  await eventually(async () => expect(JSON.stringify(await member.home())).toContain('approval_confirm'))
  await owner.home()
  await eventually(async () => expect(JSON.stringify(await owner.home())).not.toContain('approval_approve'))
  await member.deny(where, asking.ts, 'Leave them all')
  await member.see(where, /All right\./)
  expect(textOf(world)).toMatch(/denied a change of an approver, to .*10004.* and said: .*Leave them all/)
  expect(await rowsIn(world, "select seq from run_events where type = 'called'")).toEqual([])
  const end = await member.see(where, /<@UMEMBER1> denied that .*[\s\S]*Leave them all/)
  expect(lookOf(end)).toContain(CHANGED)
})

test('a second person beside the requester is enough for four eyes, and the requester alone is not', async () => {
  const { world, member, approver } = await startAsked({}, [write, says('Written.')], 'filesystem')
  await using _ = world
  await rowsIn(world, "select rule_add_workspace('TLOCAL01', 'UOWNER01', 'filesystem', 'write_file', 'ask', true)")
  const where = await member.mention('write a.txt')
  const card = await member.see(where, /"Approve"/)
  await member.press(where, card.ts, 'Approve')
  await member.see(where, /Only <@UAPPROV1> can decide this/)
  await edit(approver, where, card.ts, { path: 'b.txt' })
  const asking = await member.see(where, /May I do it like this/)
  await member.press(where, asking.ts, 'Approve')
  await member.see(where, /Written\./)
  const [answered] = await rowsIn(
    world,
    "select body -> 'arguments' ->> 'path' as path from run_events where type = 'answered'",
  )
  expect(answered).toEqual({ path: 'b.txt' })
})

test('who changed it and is no approver any more is not enough', async () => {
  const { world, member, approver, owner } = await startAsked({})
  await using _ = world
  const where = await member.mention('delete 10003')
  const card = await member.see(where, /"Approve"/)
  await edit(approver, where, card.ts, { sql: CHANGED })
  const asking = await member.see(where, /May I do it like this/)
  await owner.command('approvers @owner')
  await eventually(async () => {
    await member.press(where, asking.ts, 'Approve')
    await member.see(where, /Who changed this may no longer approve it\. Deny it and ask again/, 1_000)
  })
  expect(await rowsIn(world, 'select status from approvals')).toEqual([{ status: 'pending' }])
})

test('an owner who stands in for approvers changes it, and the requester confirms', async () => {
  const { world, member, owner } = await startAsked({})
  await using _ = world
  await owner.post('person', { name: 'approver', real_name: 'Approver', standing: 'deactivated' })
  const where = await member.mention('delete 10003')
  const card = await owner.see(where, /"Approve"/)
  await edit(owner, where, card.ts, { sql: CHANGED })
  const asking = await member.see(where, /<@UOWNER01> changed what you asked for/)
  await member.press(where, asking.ts, 'Approve')
  await member.see(where, /All right\./)
  expect(await rowsIn(world, 'select status, decided_by from approvals')).toEqual([
    { status: 'approved', decided_by: 'UMEMBER1' },
  ])
})

test('a change that nobody confirms expires, and the requester is reminded of it before', async () => {
  const { world, member, approver } = await startAsked({})
  await using _ = world
  const where = await member.mention('delete 10003')
  const card = await member.see(where, /"Approve"/)
  await edit(approver, where, card.ts, { sql: CHANGED })
  const asking = await member.see(where, /May I do it like this/)
  await rowsIn(world, "update approvals set expires_at = now() + interval '50 minutes'")
  await member.see(where, /<@UMEMBER1>: the request above .* is still waiting/, 30_000)
  await rowsIn(world, "update approvals set expires_at = now() - interval '1 second'")
  await member.press(where, asking.ts, 'Approve')
  await member.see(where, /All right\./)
  expect(await rowsIn(world, 'select status from approvals')).toEqual([{ status: 'expired' }])
  expect(await rowsIn(world, "select seq from run_events where type = 'called'")).toEqual([])
})

test('a form of Edit sent as it was approves at once', async () => {
  const { world, member, approver } = await startAsked({})
  await using _ = world
  const where = await member.mention('delete 10003')
  const card = await member.see(where, /"Approve"/)
  await edit(approver, where, card.ts, {})
  await member.see(where, /All right\./)
  expect(textOf(world)).not.toContain('changed the arguments')
  expect(await rowsIn(world, 'select status, decided_by from approvals')).toEqual([
    { status: 'approved', decided_by: 'UAPPROV1' },
  ])
})

test('Deny asks what to do instead: closing decides nothing, the words reach the model, the card and the thread', async () => {
  const { world, member, approver } = await startAsked({})
  await using _ = world
  const where = await member.dm('delete 10003')
  const card = await cardIn(approver, 'dm', undefined, /"Approve"/)
  await approver.press({ channel: 'dm' }, card.ts, 'Deny')
  await seesModal(approver, /What should I do instead\?/)
  await approver.close()
  expect(await rowsIn(world, 'select status from approvals')).toEqual([{ status: 'pending' }])
  await approver.deny({ channel: 'dm' }, card.ts, '<!channel> Count them *first*')
  await member.see(where, /All right\./)
  expect(textOf(world)).toMatch(/Not done\. An approver denied this call and said: .*Count them \*first\*/)
  await cardIn(approver, 'dm', undefined, /denied: [\s\S]*&lt;!channel&gt; Count them \*first\*/)
  const told = (await member.messages('dm', where.thread)).filter((one) =>
    /denied: [\s\S]*Count them/.test(lookOf(one)),
  )
  expect(told).toHaveLength(1)
  expect(JSON.stringify(told)).not.toContain('<!channel>')
})

test.each([
  {
    what: 'stopped',
    end: async (member: Seat, thread: string) => void (await member.say('general', 'stop', thread)),
    says: /already stopped by <@UMEMBER1>/,
  },
  {
    what: 'approved',
    end: async (_: Seat, __: string, owner: Seat, ts: string) =>
      void (await owner.press({ channel: 'general' }, ts, 'Approve')),
    says: /already approved by <@UOWNER01>/,
  },
])('what was $what while the form was open is told in it, with the words', async (given) => {
  const { world, member, approver, owner } = await startAsked({ approvers: ['approver', 'owner'] })
  await using _ = world
  const where = await member.mention('delete 10003')
  const card = await member.see(where, /"Approve"/)
  await approver.press(where, card.ts, 'Deny')
  await seesModal(approver, /What should I do instead/)
  await given.end(member, where.thread, owner, card.ts)
  await eventually(async () =>
    expect(await rowsIn(world, 'select status from approvals')).toEqual([{ status: given.what }]),
  )
  await approver.submit({ reason: 'Ask me first' })
  await seesModal(approver, given.says)
  await seesModal(approver, /Ask me first/)
  expect(JSON.stringify(await member.messages(where.channel, where.thread))).not.toContain('Ask me first')
})

test('who may not decide gets no form, and one sent too late denies nothing', async () => {
  const { world, member, approver } = await startAsked({})
  await using _ = world
  const where = await member.mention('delete 10003')
  const card = await member.see(where, /"Approve"/)
  await member.press(where, card.ts, 'Deny')
  await member.see(where, /Only <@UAPPROV1> can decide this/)
  expect(await member.modal()).toBeNull()
  await approver.press(where, card.ts, 'Deny')
  await seesModal(approver, /What should I do instead/)
  await rowsIn(world, "update approvals set expires_at = now() - interval '1 second'")
  await approver.submit({ reason: 'Too late' })
  await seesModal(approver, /already expired.*Too late/)
  expect(await rowsIn(world, 'select status from approvals')).toEqual([{ status: 'expired' }])
})

test('the form opens although the database is slow, and the old button for a reason says a true word', async () => {
  let client = new WebClient('')
  const { world, member } = await startAsked(
    {
      change(settings) {
        client = new WebClient(settings.slack?.botToken ?? '', { slackApiUrl: settings.slack?.apiUrl ?? '' })
        return settings
      },
    },
    [write, says('All right.')],
    'filesystem',
  )
  await using _ = world
  const where = await member.mention('write a.txt')
  const card = await member.see(where, /"Approve"/)
  const old = await client.chat.postMessage({
    channel: 'CGENERAL1',
    thread_ts: where.thread,
    text: 'Denied',
    blocks: [
      {
        type: 'actions',
        elements: [
          {
            type: 'button',
            action_id: 'approval_reason',
            value: 'x',
            text: { type: 'plain_text', text: 'Give a reason' },
          },
        ],
      },
    ],
  })
  await member.press(where, old.ts ?? '', 'Give a reason')
  await member.see(where, /This was denied already\. Say in the thread what I should do instead/)
  const lock = lockEvents(world)
  await member.press(where, card.ts, 'Deny')
  await seesModal(member, /What should I do instead/)
  await lock
  await member.submit({ reason: 'Later' })
  await member.see(where, /denied: [\s\S]*Later/)
})

/** Nobody can read or write a run's events for a while. */
const lockEvents = (world: World) =>
  rowsIn(world, 'begin; lock table run_events in access exclusive mode; select pg_sleep(2.2); commit')
