import { globSync } from 'node:fs'
import { join } from 'node:path'
import { Client } from 'pg'
import { memoryLog } from './log.ts'
import { personIn } from './person.ts'
import type { Script } from './scripted-model.ts'
import { browserAt, CLIENT, startTeams, type TeamName } from './two-workspaces.ts'
import { startWorld } from './world.ts'

/** One app, and several workspaces that may install it. */
export type TownOptions = {
  model?: Script[]
  egressAllow?: string[]
  noAgent?: boolean
  allowed?: string[]
  budgetUsd?: number
}

export async function startTown(o: TownOptions = {}) {
  await using starting = new AsyncDisposableStack()
  const teams = starting.use(await startTeams(memoryLog().log))
  const world = starting.use(
    await startWorld({
      model: o.model ?? [],
      change: (settings) => ({
        ...settings,
        egressAllow: o.egressAllow ?? [],
        slack: {
          appToken: undefined,
          signingSecret: teams.signingSecret,
          apiUrl: teams.apiUrl,
          oauth: {
            clientId: CLIENT.id,
            clientSecret: CLIENT.secret,
            agent: o.noAgent !== true,
            allowed: o.allowed,
            budgetUsd: o.budgetUsd,
          },
        },
      }),
    }),
  )
  const url = `http://127.0.0.1:${world.port}`
  teams.listenAt(url, o)
  const browser = browserAt(url)
  const things = starting.move()
  return {
    ...world,
    url,
    browser,
    teams,
    in: (team: TeamName, who: 'owner' | 'approver' | 'member' = 'member') => personIn(teams.of(team).url, who),
    uninstall: (team: TeamName, more: { here_only?: boolean } = {}) =>
      personIn(teams.of(team).url, 'owner').post('uninstall', more),
    rows: <T extends object>(sql: string, ...values: string[]) => query<T>(world.databaseUrl, sql, values),
    secretsKept: () => globSync('*.sealed', { cwd: join(world.dataDir, 'credentials') }).length,
    [Symbol.asyncDispose]: () => things.disposeAsync(),
  }
}

async function query<T extends object>(url: string, sql: string, values: string[]): Promise<T[]> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query<T>(sql, values)).rows
  } finally {
    await client.end()
  }
}
