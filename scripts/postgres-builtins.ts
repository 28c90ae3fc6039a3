import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'
import { startLocalDatabase } from '../src/local/database/start-database.ts'
import { createLog } from '../src/log.ts'

// Writes which functions, types and operators a Postgres has of its own: src/policy/sql/postgres-builtins.json.

/** Marked volatile because their answer changes from call to call; they change nothing themselves. */
const VOLATILE_READS =
  `clock_timestamp currval gen_random_uuid lastval pg_blocking_pids pg_column_compression pg_column_size
  pg_current_wal_flush_lsn pg_current_wal_insert_lsn pg_current_wal_lsn pg_database_size pg_indexes_size pg_is_in_recovery
  pg_is_wal_replay_paused pg_last_wal_receive_lsn pg_last_wal_replay_lsn pg_last_xact_replay_timestamp pg_lock_status
  pg_relation_size pg_safe_snapshot_blocking_pids pg_table_size pg_tablespace_size pg_total_relation_size random random_normal
  timeofday uuidv4 uuidv7`.split(/\s+/)

/** Not volatile, and yet not only about its arguments: reads tables by name, or runs an input function of somebody's own. */
const MAY_RUN_MORE = `^(?:(?:table|schema|database|query|cursor)_to_xml|pg_input_|lo_|ts_stat$|ts_rewrite$|binary_upgrade|pg_ls_|pg_read_|pg_stat_file|pg_event_trigger|pg_logical|pg_replication|pg_export|pg_get_publication_tables|.*_(?:validator|subdiff|send)$)`

/** Each name once; a name counts only where every function of that name does. */
const FUNCTIONS = `
  select proname as name from pg_proc
  where pronamespace = 'pg_catalog'::regnamespace
  group by proname
  having bool_and(
    (provolatile in ('i', 's') or proname = any($1))
    and prokind in ('f', 'a', 'w') and proname !~ $2
    and not exists (
      select from unnest(array_append(proargtypes::oid[], prorettype)) type
      where type in (select oid from pg_type where typname in ('internal', 'cstring') or typname ~ '_handler$|trigger$')))
  order by 1`

const TYPES = `
  select typname as name from pg_type
  where typnamespace = 'pg_catalog'::regnamespace and typtype in ('b', 'r', 'm') and typname !~ '^_'
  order by 1`

const OPERATORS = `select distinct oprname as name from pg_operator where oprnamespace = 'pg_catalog'::regnamespace order by 1`

const root = join(import.meta.dirname, '..')
const folder = await mkdtemp(join(tmpdir(), 'patchbay-builtins-'))
const server = await startLocalDatabase({ dataDir: folder, log: createLog('warn') })
const client = new Client({ connectionString: server.url })
try {
  await client.connect()
  const namesOf = async (sql: string, values: unknown[] = []) =>
    (await client.query<{ name: string }>(sql, values)).rows.map(({ name }) => name).join(' ')
  const { rows } = await client.query<{ version: string }>("select current_setting('server_version') as version")
  const builtins = {
    source: `pg_catalog of PostgreSQL ${rows[0]?.version}, by scripts/postgres-builtins.ts`,
    functions: await namesOf(FUNCTIONS, [VOLATILE_READS, MAY_RUN_MORE]),
    types: await namesOf(TYPES),
    operators: await namesOf(OPERATORS),
  }
  await writeFile(
    join(root, 'src', 'policy', 'sql', 'postgres-builtins.json'),
    `${JSON.stringify(builtins, undefined, 2)}\n`,
  )
} finally {
  await client.end()
  await server[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
}
