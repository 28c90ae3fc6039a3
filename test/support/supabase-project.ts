import { createServer } from 'node:http'
import { SQL_FUNCTION_SOURCE } from '../../src/builtin/supabase/sql-function.ts'
import { createEmptyDatabase, query } from './database.ts'
import { KEYS, startSupabaseLite } from './supabase-lite.ts'
import { createServices } from './supabase-services.ts'

const TABLES = `
create table public.users (
  id bigint generated always as identity primary key, name text not null, email text not null unique, plan text not null default 'free',
  born date, created_at timestamptz not null default now());
create table public.orders (
  id bigint generated always as identity primary key, user_id bigint not null references public.users, total numeric(10, 2) not null, "order" int, note text);
create view public.spending as select user_id, sum(total) as total from public.orders group by user_id;
create table public.ledger (id bigint primary key, n int);
comment on table public.users is 'Who has an account';
insert into public.users (name, email, plan, born, created_at) values
  ('Ada', 'ada@example.org', 'pro', '1985-12-10', '2026-01-03'), ('Grace', 'grace@example.org', 'free', null, '2026-02-14'),
  ('Edsger, "E.W."', 'edsger@example.org', 'free', '1970-05-11', '2026-05-20'), ('Barbara', 'barbara@example.org', 'pro', '1979-11-07', '2026-06-01'),
  ('Alan', 'alan@example.org', 'free', null, '2026-10-30');
insert into public.orders (user_id, total, note) values (1, 10.50, 'first'), (1, 4, null), (2, 99.90, 'a, b');
insert into public.ledger select 9007199254740993, 1 union all select n, n from generate_series(1, 700) n;
create function public.total_of(person bigint) returns numeric language sql stable as 'select sum(total) from public.orders where user_id = person';
`
const GRANTS = `grant usage on schema public to service_role; grant all on all tables in schema public to service_role;
grant all on all sequences in schema public to service_role; grant execute on function public.total_of(bigint) to service_role;`

/**
 * A Supabase project over HTTP: a second implementation of PostgREST on a real Postgres with tables of its own. What that leaves
 * out, the description of the API at its root, is made here from the catalogue as PostgREST makes it.
 */
export async function startSupabaseProject({ withFunction = true } = {}) {
  await using starting = new AsyncDisposableStack()
  const database = starting.use(await createEmptyDatabase())
  await query(database.url, TABLES)
  const lite = starting.use(await startSupabaseLite(database.url, ['public']))
  await query(database.url, GRANTS)
  const install = () => query(database.url, SQL_FUNCTION_SOURCE)
  if (withFunction) await install()
  const asked: string[] = []
  const services = createServices(KEYS.secret_key)
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const headers = Object.entries(request.headers).map(
      ([name, value]) => [name, String(value)] satisfies [string, string],
    )
    asked.push(`${request.method} ${request.url}`)
    const { method = 'GET', url = '' } = request
    const key = String(request.headers.apikey)
    const sent = { method, url, key, type: request.headers['content-type'] ?? '', body: Buffer.concat(chunks) }
    const body = chunks.length === 0 ? null : sent.body
    const answer = services(sent) ?? (await lite.fetch(`${lite.url}${url}`, { method, headers, body }))
    const isRoot = request.url === '/rest/v1/' && answer.ok
    response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? 'application/json' })
    response.end(isRoot ? JSON.stringify(await describeApi(database.url)) : Buffer.from(await answer.arrayBuffer()))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  starting.defer(() => {
    server.closeAllConnections()
    server.close()
  })
  const things = starting.move()
  return {
    url: `http://127.0.0.1:${port}`,
    host: `127.0.0.1:${port}`,
    key: KEYS.secret_key,
    publishableKey: KEYS.publishable_key,
    databaseUrl: database.url,
    /** What was sent to it. */
    asked,
    install,
    [Symbol.asyncDispose]: () => things.disposeAsync(),
  }
}

const DESCRIBE = `
select json_build_object(
  'swagger', '2.0',
  'definitions', (select json_object_agg(t.table_name, json_build_object('type', 'object',
    'description', obj_description(format('public.%I', t.table_name)::regclass),
    'required', (select coalesce(json_agg(column_name), '[]') from information_schema.columns c where c.table_schema = 'public' and c.table_name = t.table_name and is_nullable = 'NO'),
    'properties', (select json_object_agg(column_name, json_strip_nulls(json_build_object('format', data_type, 'type', 'string', 'default', coalesce(column_default, case when is_identity = 'YES' then 'identity' end),
      'description', (select string_agg(case when k.contype = 'p' then E'Note:\\nThis is a Primary Key.<pk/>' else format(E'Note:\\nThis is a Foreign Key to x.<fk table=''%s'' column=''id''/>', k.confrelid::regclass) end, E'\\n')
        from pg_constraint k join pg_attribute a on a.attrelid = k.conrelid and a.attnum = any (k.conkey)
        where k.conrelid = format('public.%I', t.table_name)::regclass and a.attname = column_name and k.contype in ('p', 'f')))) order by ordinal_position)
      from information_schema.columns c where c.table_schema = 'public' and c.table_name = t.table_name))) from information_schema.tables t where t.table_schema = 'public'),
  'paths', (select json_object_agg(path, entry) from (
    select '/' || table_name as path, case when table_type = 'VIEW' then '{"get":{}}'::json else '{"get":{},"post":{}}'::json end as entry from information_schema.tables where table_schema = 'public'
    union all
    select '/rpc/' || p.proname, json_build_object('post', json_build_object('parameters', json_build_array(json_build_object('name', 'args', 'in', 'body', 'schema', json_build_object('type', 'object',
      'required', (select coalesce(json_agg(n), '[]') from unnest(p.proargnames) with ordinality a (n, i) where i <= p.pronargs - p.pronargdefaults),
      'properties', (select coalesce(json_object_agg(n, json_build_object('format', format_type(p.proargtypes[i - 1], null))), '{}') from unnest(p.proargnames) with ordinality a (n, i)))))))
    from pg_proc p where p.pronamespace = 'public'::regnamespace) paths)
) as document`

const describeApi = async (url: string): Promise<unknown> => (await query(url, DESCRIBE))[0]?.document
