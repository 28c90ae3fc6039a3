import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, inject, test } from 'vitest'
import { openTcpTo } from '../support/connect-house.ts'
import { eventually } from '../support/eventually.ts'
import { everyRow } from '../support/every-row.ts'
import { lookOf, type Seat } from '../support/person.ts'
import { rowsIn } from '../support/rows.ts'
import { says, wishes } from '../support/scripted-model.ts'
import { startWorld } from '../support/world.ts'

const runs = (sql: string) => wishes('demo-database__execute_sql', { sql })
const insert = (id: string) => runs(`INSERT INTO department (dept_no, dept_name) VALUES ('${id}', 'Team ${id}')`)

async function share(owner: Seat, values: Record<string, unknown>): Promise<void> {
  await owner.command('share demo-database')
  await eventually(async () => expect(await owner.modal()).toMatchObject({ callback_id: 'share' }))
  await owner.submit(values)
  await eventually(async () => expect(JSON.stringify(await owner.modal())).toContain('is a workspace connection now'))
  await owner.close()
}

const seesInDm = (person: Seat, what: RegExp) =>
  eventually(async () => expect((await person.messages('dm')).map(lookOf).join('\n')).toMatch(what))

test('members use what an owner connected for them, as far as the owner said', { timeout: 240_000 }, async () => {
  const count = runs('SELECT count(*) FROM department')
  await using world = await startWorld({
    model: [count, says('Nine.'), insert('x1'), says('Not added.'), insert('x2'), says('Added.'), says('No tools.')],
  })
  const [owner, member] = [world.as('owner'), world.as('member')]
  const audit = (action: string) =>
    rowsIn(
      world,
      `select action, audit_named(workspace_id, to_jsonb(actor)) as actor, audit_named(workspace_id, details) as details
        from audit_events where action = '${action}' or details ->> 'connected_by' is not null and action like '${action}%' order by id`,
    )
  await member.command('share demo-database')
  await seesInDm(member, /Only an owner of this workspace can share a connection/)
  await owner.connect('demo-database')
  await share(owner, { audience: 'everybody', level: 'reads' })

  await member.see(await member.dm('how many departments?'), /Nine\./)
  await member.see(await member.dm('add x1'), /Not added\./)
  expect(JSON.stringify(world.model.requests.at(-1)?.messages)).toContain('owners allow it only to read')
  await member.command('list')
  await seesInDm(member, /Workspace connections[\s\S]*It only reads\. Shared by <@UOWNER\w*>/)
  for (const command of ['test', 'disconnect', 'reconnect', 'sign-in', 'changes'])
    await member.command(`${command} demo-database`)
  await eventually(async () => {
    const told = (await member.messages('dm')).filter((one) => /only owners can change it/.test(lookOf(one)))
    expect(told).toHaveLength(5)
  })

  await share(owner, { audience: 'everybody', level: 'writes_ask' })
  const asked = await member.dm('add x2')
  const card = await member.see(asked, /the workspace connection \*demo-database\*, shared by <@UOWNER/)
  expect(lookOf(card)).not.toContain('Always allow')
  await member.press(asked, card.ts, 'Approve')
  await member.see(asked, /Added\./)
  const judged = (await audit('call_')).filter(({ action }) => /allowed|denied|asked/.test(String(action)))
  expect(judged).toMatchObject(
    ['allowed', 'denied', 'asked'].map((verdict) => ({
      action: `call_${verdict}`,
      actor: expect.stringMatching(/^UMEMBER/),
      details: { connected_by: expect.stringMatching(/^UOWNER/) },
    })),
  )

  await share(owner, { audience: 'approvers', level: 'writes_ask' })
  await member.see(await member.dm('and now?'), /No tools\./)
  expect(JSON.stringify(world.model.requests.at(-1))).not.toContain('demo-database__execute_sql')

  // Buttons of a workspace connection send its id.
  const [{ id } = { id: '' }] = await rowsIn(world, 'select id from mcp_connections')
  await member.command(`test ${id}`)
  await seesInDm(member, /This connection is gone, or you may no longer change it/)
  await owner.command('audit')
  await eventually(async () => expect(JSON.stringify(await owner.modal())).toContain('changed who may use *demo-data'))
  await owner.pressInModal('Filter')
  await eventually(async () => expect(JSON.stringify(await owner.modal())).toContain('demo-database (workspace)'))
  await owner.close()
  await owner.close()

  await owner.command('disconnect demo-database')
  await seesInDm(owner, /Disconnect \*?demo-database/)
  const question = (await owner.messages('dm')).find((one) => /"disconnect_yes"/.test(lookOf(one)))
  await owner.press({ channel: 'dm' }, question?.ts ?? '', 'Disconnect')
  await eventually(async () => expect(await rowsIn(world, 'select id from mcp_connections')).toEqual([]))
  expect(await audit('shared_connection_managed')).toMatchObject([
    { actor: expect.stringMatching(/^UOWNER/), details: { act: 'disconnect', name: 'demo-database' } },
  ])
})

test('what the operator’s file says is connected, stays over starts, and goes with its entry', {
  timeout: 240_000,
}, async () => {
  await using tcp = await openTcpTo(inject('databaseUrl'))
  const dsn = `postgres://postgres:not-for-rows@127.0.0.1:${tcp.port}/postgres?sslmode=disable`
  let file = ''
  const entry = `connections:
  - workspace: TLOCAL01
    name: house
    card: postgres
    by: UOWNER01
    inputs: { dsn: "$\{HOUSE_DSN}" }`
  await using world = await startWorld({
    model: [wishes('house__execute_sql', { sql: 'select 41 + 1 as sum' }), says('Forty-two.')],
    change(settings) {
      file = join(settings.dataDir, 'connections.yaml')
      writeFileSync(file, entry)
      const valueFor = (name: string) => (name === 'HOUSE_DSN' ? dsn : undefined)
      return {
        ...settings,
        egressAllow: [`127.0.0.1:${tcp.port}`],
        mcp: { ...settings.mcp, sharedFile: { path: file, valueFor } },
      }
    },
  })
  const [owner, member] = [world.as('owner'), world.as('member')]
  const connected = () => rowsIn(world, 'select id, credential_reference, user_id from mcp_connections')
  const shared = () => rowsIn(world, "select details from audit_events where action = 'connection_shared'")
  await eventually(async () => expect(await shared()).toHaveLength(1))
  await member.see(await member.dm('what is 41 + 1?'), /Forty-two\./)
  expect(await everyRow(world.databaseUrl)).not.toContain('not-for-rows')
  await owner.command('disconnect house')
  await seesInDm(owner, /comes from a file of whoever runs Patchbay/)

  const before = await connected()
  expect(before).toMatchObject([{ user_id: 'W00' }])
  await world.restart()
  writeFileSync(file, entry.replace('house', 'house\n    level: all_ask'))
  await world.restart()
  await eventually(async () => expect(await shared()).toMatchObject([{}, { details: { level: 'all_ask' } }]))
  expect(await connected()).toEqual(before)

  writeFileSync(file, 'connections: []')
  await world.restart()
  await eventually(async () => expect(await connected()).toEqual([]))
  const ended = "select actor, details from audit_events where action = 'shared_connection_managed'"
  expect(await rowsIn(world, ended)).toMatchObject([{ actor: 'W00', details: { act: 'disconnect', name: 'house' } }])
})
