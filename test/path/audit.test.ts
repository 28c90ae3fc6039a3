import { expect, test } from 'vitest'
import { z } from 'zod'
import { RunId } from '../../src/ids.ts'
import { RunEvent } from '../../src/run/state/events.ts'
import { foldEvents } from '../../src/run/state/fold.ts'
import { eventually } from '../support/eventually.ts'
import { lookOf, type Seat } from '../support/person.ts'
import { rowsIn as rows } from '../support/rows.ts'
import { says, wishes } from '../support/scripted-model.ts'
import { startWorld, type World } from '../support/world.ts'

const write = (name: string) => wishes('filesystem__write_file', { path: name, content: 'pelican' })

const seesInModal = (person: Seat, what: RegExp): Promise<string> =>
  eventually(async () => {
    const text = JSON.stringify(await person.modal())
    expect(text).toMatch(what)
    return text
  })

/** All that the database holds of what was said, sent and read, and of who it was. */
const keptOf = async (world: World): Promise<string> =>
  JSON.stringify([
    await rows(world, 'select body from run_events'),
    await rows(world, 'select user_id from runs'),
    await rows(world, 'select requester, approvers, decided_by, reason from approvals'),
    await rows(world, 'select actor, details from audit_events'),
    await rows(world, 'select user_id from audit_people'),
    await rows(world, 'select user_id from rules'),
    await rows(world, 'select user_id, connection_name from mcp_connections'),
    await rows(world, 'select user_id from onboarding_messages'),
  ])

test('owners read who did what, and a person is forgotten while the audit stays whole', {
  timeout: 240_000,
}, async () => {
  await using world = await startWorld({
    model: [write('flamingo.txt'), says('Written: pelican.'), write('heron.txt'), says('Hello, stranger.')],
  })
  const [member, owner] = [world.as('member'), world.as('owner')]
  await member.connect('filesystem')
  const first = await member.dm('write a pelican')
  await member.decide(first, 'Always allow')
  await member.see(first, /Written: pelican/)

  // Nobody but owners reads it, whatever they press.
  await member.command('audit')
  await eventually(async () =>
    expect((await member.messages('dm')).map(lookOf).join('\n')).toContain(
      'Only an owner of this workspace can read its audit.',
    ),
  )
  expect(await member.modal()).toBeNull()

  await owner.command('audit')
  const all = await seesInModal(owner, /Everything/)
  expect(all).toMatch(
    /\*write_file\* of \*filesystem\* ended for <@UMEMBER1>: done.*\*write_file\* of \*filesystem\* was called for <@UMEMBER1>/,
  )
  expect(all).toMatch(/<@UMEMBER1> approved a call.*<@UMEMBER1> had to wait for approval of \*write_file\*/)
  expect(all).not.toContain('pelican')
  await owner.pressInModal('Filter')
  await seesInModal(owner, /Filter the audit/)
  await owner.submit({ user: 'UMEMBER1', kind: 'connections' })
  const filtered = await seesInModal(owner, /Connections and their tools by <@UMEMBER1>/)
  expect(filtered).toContain('<@UMEMBER1> connected *filesystem*')
  expect(filtered).not.toContain('write_file')
  for (const [button, name] of [
    ['Send me CSV', 'audit.csv'],
    ['Send me JSON Lines', 'audit.jsonl'],
  ] as const) {
    await owner.pressInModal(button)
    await seesInModal(owner, /I sent you 1 row/)
    await owner.post('close', {})
    await eventually(async () =>
      expect((await owner.messages('dm')).flatMap(({ files = [] }) => files.map((file) => file.name))).toContain(name),
    )
  }
  await owner.close()

  // A request that waits is stopped first.
  const second = await member.mention('write a heron: pelican')
  await member.see(second, /"Approve"/)
  await member.command('forget me')
  const form = await seesInModal(member, /What is deleted, for good/)
  expect(form).toMatch(/1 request of yours.*1 connection of yours/)
  // It breaks off after the connection is gone, and goes on when it is asked again.
  const name = 'function patchbay.person_forget'
  await rows(world, `alter ${name} rename to person_forget_later`)
  await member.submit()
  await seesInModal(member, /went wrong|not reach|database/i)
  expect(await rows(world, 'select count(*)::int as left from mcp_connections')).toEqual([{ left: 0 }])
  expect(await keptOf(world)).toMatch(/pelican/)
  await rows(world, `alter ${name}_later rename to person_forget`)
  await world.restart()
  await member.close()
  await member.command('forget me')
  expect(await seesInModal(member, /What is deleted, for good/)).toMatch(/Connections: you have none/)
  await member.submit()
  await seesInModal(member, /Done\. The words of your requests are deleted/)
  expect(await keptOf(world)).not.toMatch(/UMEMBER1|pelican|heron|flamingo/)
  const Run = z.object({ id: RunId, events: z.array(RunEvent) })
  const runs = z
    .array(Run)
    .parse(
      await rows(
        world,
        'select r.id, (select jsonb_agg(body order by seq) from run_events where run_id = r.id) as events from runs r order by number',
      ),
    )
  expect(runs.map(({ id, events }) => foldEvents(id, events, false).status)).toEqual(['finished', 'stopped'])

  await owner.command('audit')
  const after = await seesInModal(owner, /A person was forgotten: .* The audit calls them forgotten person [0-9a-f]{8}/)
  expect(after).toMatch(/Forgotten person [0-9a-f]{8} disconnected \*filesystem\*/)
  expect(await rows(world, `select audit_check(workspace_id, 0, 1000) ->> 'broken' as broken from workspaces`)).toEqual(
    [{ broken: null }],
  )

  // Whoever was forgotten begins anew, also in the thread of before.
  await member.close()
  await member.connect('filesystem')
  await member.dm('hello', first.thread)
  await member.see(first, /Hello, stranger/)
  const asked = JSON.stringify(world.model.requests.at(-1)?.messages)
  expect(asked).toContain('hello')
  expect(asked).not.toMatch(/pelican|Forgotten|"text":""/)
})
