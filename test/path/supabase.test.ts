import { expect, test } from 'vitest'
import { query } from '../support/database.ts'
import { modalOf } from '../support/offering.ts'
import { lookOf } from '../support/person.ts'
import { says, wishes } from '../support/scripted-model.ts'
import { startSupabaseProject } from '../support/supabase-project.ts'
import { startWorld, type WorldOptions } from '../support/world.ts'

type Project = Awaited<ReturnType<typeof startSupabaseProject>>

const reaching = (project: Project): Pick<WorldOptions, 'change'> => ({
  change: (settings) => ({ ...settings, egressAllow: [project.host] }),
})

test('a project by its URL and key: eight tools, a table, a usage row, and a delete that waits', async () => {
  await using project = await startSupabaseProject()
  const rows = { table: 'users', filters: [{ column: 'id', operator: 'eq', value: 3 }] }
  await using world = await startWorld({
    ...reaching(project),
    model: [
      wishes('supabase__execute_sql', { query: 'select id, name, plan from users order by id' }),
      says('Five people, two of them on the pro plan.'),
      wishes('supabase__delete_data', rows),
      says('Gone.'),
      wishes('supabase__execute_sql', { query: 'select count(*) from users' }),
      says('Four people.'),
      wishes('supabase__execute_sql', { query: 'select max(id) from users' }),
      says('The last is number five.'),
    ],
  })
  const member = world.as('member')
  await member.command('connect supabase')
  await modalOf(member, /"Project URL"/)
  expect(await member.submit({ url: project.url, key: project.key })).toEqual({ ok: true })
  await modalOf(member, /✅ Connected! 8 database tools now available/)
  await member.close()

  const where = await member.dm('Show me all users from my database')
  await member.see(where, /two of them on the pro plan/)
  await member.see(where, /"type":"data_table".*Barbara/s)
  const used = await query(
    world.databaseUrl,
    "select tool_name, success from mcp_tool_usage join mcp_connections c on c.id = connection_id where c.mcp_type = 'supabase'",
  )
  expect(used).toEqual([{ tool_name: 'execute_sql', success: true }])

  const other = await member.dm('delete user 3')
  const names = 'select count(*)::int as n from public.users where id = 3'
  await member.see(other, /Approve/)
  expect(await query(project.databaseUrl, names)).toEqual([{ n: 1 }])
  // Nothing else refers to the row, so it can go.
  await member.decide(other, 'Approve')
  await member.see(other, /Gone\./)
  expect(await query(project.databaseUrl, names)).toEqual([{ n: 0 }])

  // Others would see what the key opens: its owner, and nobody else, lets it in once, for that channel.
  await world.as('owner').command('approvers @approver')
  const first = await member.mention('how many users are there?')
  const card = await member.see(first, /"Always allow"/)
  expect(lookOf(card)).toContain('It only reads, with your own access. The answer will be visible to everyone in')
  expect(lookOf(card)).toContain('Always allow showing what supabase reads, in the channel you asked in?')
  await world.as('approver').press(first, card.ts, 'Approve')
  await world.as('approver').see(first, /Only <@UMEMBER1> can decide this/)
  await member.press(first, card.ts, 'Always allow')
  await member.see(first, /Four people/)
  const second = await member.mention('who is the last?')
  await member.see(second, /number five/)
  expect((await member.messages('general', second.thread)).map(lookOf).join()).not.toContain('with your own access')
  expect(JSON.stringify(world.model.requests)).not.toContain(project.key)
  expect(world.log()).not.toContain(project.key)
})

test('without the function for SQL there are seven of eight tools, and Copy it leads to the eighth', async () => {
  await using project = await startSupabaseProject({ withFunction: false })
  await using world = await startWorld(reaching(project))
  const member = world.as('member')
  // From an import, so that the last of the modals is one more than Slack puts on each other.
  const given = { mcpServers: { db: { command: 'npx', args: ['-y', '@supabase/mcp-server-supabase'] } } }
  await member.command('import')
  await modalOf(member, /Keys in it are not kept/)
  await member.submit({ text: JSON.stringify(given) })
  await modalOf(member, /connects as \*Supabase\*/)
  await member.pressInModal('Connect')
  await modalOf(member, /"Project URL"/)
  await member.pressInModal('More')
  await modalOf(member, /"Features"/)
  await member.submit({ Name: 'shop', url: project.url, key: project.key, features: 'database, auth' })
  await modalOf(
    member,
    /✅ Connected! 7 of 8 database and 2 auth tools now available.*needs one function in your database/s,
  )
  await member.pressInModal('Copy it')
  const view = await modalOf(member, /One function for SQL/)
  const [, copied = ''] = /```\\n(.*?)\\n```/s.exec(view) ?? []
  const sql = String(JSON.parse(`"${copied}"`))
    .replaceAll('&gt;', '>')
    .replaceAll('&lt;', '<')
    .replaceAll('&amp;', '&')
  await query(project.databaseUrl, sql)
  await member.pressInModal('Test again')
  await modalOf(member, /shop\* works: 10 tools/)
})

test('what is filled in wrongly is told with what to do', async () => {
  await using project = await startSupabaseProject()
  await using world = await startWorld(reaching(project))
  const member = world.as('member')
  const { url, key, publishableKey } = project
  const attempts: [Record<string, string>, RegExp][] = [
    [{}, /"url":"Please complete this required field\."/],
    [{ url }, /\{"key":"Please complete this required field\."\}/],
    [{ url: 'abc', key }, /should look like https:\/\/abcdefghijklmnopqrst\.supabase\.co/],
    [{ url, key: publishableKey }, /This is the publishable key/],
    [{ url, key: 'sb_secret_0000000000000000000000_00000001' }, /Supabase refused this key/],
    [{ url: 'https://169.254.169.254', key }, /169\.254\.169\.254/],
  ]
  for (const [filled, words] of attempts) {
    await member.command('connect supabase')
    await modalOf(member, /"Project URL"/)
    const answer = JSON.stringify(await member.submit(filled))
    if (!words.test(answer)) await modalOf(member, words)
    await member.close()
  }
})
