import { Client } from 'pg'
import { expect, test } from 'vitest'
import { listed, remoteAt, startRegistry } from '../fixtures/registry-server.ts'
import { eventually } from '../support/eventually.ts'
import { lookOf, type Seat } from '../support/person.ts'
import { says, wishes } from '../support/scripted-model.ts'
import { startSecretServer } from '../support/secret-server.ts'
import { startWorld, type World, type WorldOptions } from '../support/world.ts'

const worldWith = (registryUrl: string, hosts: string[], more: WorldOptions = {}): Promise<World> =>
  startWorld({
    ...more,
    change: (settings) => ({ ...settings, egressAllow: hosts, mcp: { ...settings.mcp, registryUrl } }),
  })

const modalLike = (seat: Seat, what: RegExp) =>
  eventually(async () => expect(JSON.stringify(await seat.modal())).toMatch(what), 30_000)

/** What the person last saw of a search in their direct messages. */
async function searchFor(seat: Seat, words: string, what: RegExp) {
  return eventually(async () => {
    await seat.command(`search ${words}`)
    const found = (await seat.messages('dm')).findLast((one) => what.test(lookOf(one)))
    if (found === undefined) throw new Error(`nothing like ${what}`)
    return found
  }, 20_000)
}

test('a registry entry is found, connected with one click and asks before each call; it outlives its registry', async () => {
  await using server = await startSecretServer('Bearer open-sesame')
  await using registry = await startRegistry([
    listed({
      name: 'io.github.acme/gossip',
      title: 'Gossip <!channel>',
      description: 'Tells what it knows about the neighbours',
      remotes: remoteAt(server.url, {
        headers: [
          {
            name: 'Authorization',
            value: 'Bearer {token}',
            isRequired: true,
            variables: { token: { isSecret: true } },
          },
        ],
      }),
    }),
    listed({ name: 'io.github.acme/teapot', remotes: remoteAt('https://teapot.acme.dev/mcp') }),
  ])
  await using world = await worldWith(registry.url, [registry.host, server.host], {
    model: [wishes('gossip__tell', {}), says('It told me.')],
  })
  const member = world.as('member')
  const found = await searchFor(member, 'gossip', /Gossip/)
  expect(lookOf(found)).toContain('not checked by us')
  expect(lookOf(found)).toContain(server.host)
  expect(lookOf(found)).not.toContain('<!channel>')

  await member.press({ channel: 'dm' }, found.ts, 'Connect')
  await modalLike(member, /What you fill in and ask goes to/)
  expect(await member.submit({ value1: 'open-sesame' })).toMatchObject({ ok: true })
  await modalLike(member, /Connected! 1 Gossip .*tool now available/)
  await member.close()

  await registry.close()
  registry.state.items = []
  const client = new Client({ connectionString: world.databaseUrl })
  await client.connect()
  const { rows } = await client.query('select mcp_type, connection_config from mcp_connections')
  expect(rows[0]).toMatchObject({
    mcp_type: 'io.github.acme/gossip',
    connection_config: { entry: { name: 'io.github.acme/gossip', version: '1.0.0', url: server.url } },
  })
  const counted = await client.query(
    `select popularity_score from mcp_run_cards where card_name = 'io.github.acme/gossip'`,
  )
  expect(counted.rows[0]).toMatchObject({ popularity_score: '1' })
  await searchFor(member, 'teapot', /teapot/)
  await client.query(`delete from mcp_run_cards where source = 'registry'`)
  await client.end()
  await world.restart()

  const where = await member.dm('what do you know?')
  const card = await member.decide(where, 'Approve')
  expect(lookOf(card)).toContain('*gossip*')
  await member.see(where, /It told me/)
  expect(JSON.stringify(world.model.requests.at(-1))).not.toContain('open-sesame')
})

test('without words a field and examples; our own cards come first, pages turn, and nothing found says what to do', async () => {
  const many = Array.from({ length: 23 }, (_, at) =>
    listed({
      name: `dev.acme/orchard-${at}`,
      title: `Orchard ${at}`,
      description: at === 0 ? 'Like github, for orchards' : 'Apples',
      remotes: remoteAt(`https://mcp${at}.acme.dev/mcp`),
    }),
  )
  await using registry = await startRegistry(many, 100)
  await using world = await worldWith(registry.url, [registry.host])
  const [member, owner] = [world.as('member'), world.as('owner')]
  const first = await searchFor(member, 'orchard', /23 services for .*page 1 of 3/)
  expect(lookOf(first)).toContain('published by acme.dev')
  await member.press({ channel: 'dm' }, first.ts, 'Next')
  await eventually(async () => expect((await member.messages('dm')).map(lookOf).join()).toContain('page 2 of 3'))

  await member.command('search')
  await modalLike(member, /What do you want to do.*Watch servers/)
  await member.submit({ words: 'githbu' })
  await modalLike(member, /GitHub.*comes with Patchbay/)
  await member.submit({ words: 'github' })
  await modalLike(member, /GitHub.*comes with Patchbay.*Orchard 0.*not checked by us/)
  await member.submit({ words: 'zzgithxxbbb' })
  await modalLike(member, /I found no tool for.*Connect by address/)
  await member.close()
  await eventually(async () => expect(JSON.stringify(await member.home())).toContain('Find a tool'))
  await member.pressInHome('Find a tool')
  await modalLike(member, /What do you want to do/)
  await member.pressInModal('search_words', 'database')
  await modalLike(member, /Demo database/)
  await member.close()

  await eventually(async () => expect(JSON.stringify(await owner.home())).toContain('setting_cards'))
  await owner.pressInHome('setting_cards', 'Files')
  expect(lookOf(await searchFor(member, 'orchard', /may not be connected/))).toContain('23 more')
})
