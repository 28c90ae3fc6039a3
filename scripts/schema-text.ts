import { Client } from 'pg'

/** Our schema as text, from the catalogue: what a migration made, whatever it took to make it. */
export async function schemaText(url: string): Promise<string> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    const parts: string[] = [
      '-- Written by `npm run schema` from a migrated database; a test compares the two. Do not edit.',
    ]
    for (const query of [TABLES, INDEXES, TRIGGERS, FUNCTIONS, GRANTS]) {
      const { rows } = await client.query<{ text: string }>(query)
      parts.push(rows.map((row) => row.text.trimEnd()).join('\n\n'))
    }
    return `${parts.join('\n\n')}\n`
  } finally {
    await client.end()
  }
}

const TABLES = `
  select format(E'create table %s (\\n%s\\n);\\ncomment on table %1$s is %3$L;\\nalter table %1$s %4$s row level security;', c.oid::regclass,
    (select string_agg(line, E',\\n' order by section, position) from (
      select 1 as section, a.attnum::int as position, format('  %s %s%s%s%s', a.attname, format_type(a.atttypid, a.atttypmod),
        case when a.attidentity <> '' then ' generated always as identity' else '' end,
        case when a.attgenerated <> '' then format(' generated always as (%s) stored', pg_get_expr(d.adbin, d.adrelid))
          when d.adbin is not null then ' default ' || pg_get_expr(d.adbin, d.adrelid) else '' end,
        case when a.attnotnull then ' not null' else '' end) as line
      from pg_attribute a left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
      where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
      union all
      select 2, row_number() over (order by k.conname)::int, format('  constraint %s %s', k.conname, pg_get_constraintdef(k.oid))
      from pg_constraint k where k.conrelid = c.oid and k.contype <> 'n') lines),
    obj_description(c.oid), case when c.relrowsecurity then 'enable' else 'disable' end) as text
  from pg_class c where c.relnamespace = 'patchbay'::regnamespace and c.relkind = 'r' order by c.relname`

const INDEXES = `
  select i.indexdef || ';' as text from pg_indexes i
  where i.schemaname = 'patchbay' and not exists (select from pg_constraint k where k.conname = i.indexname) order by i.indexname`

const TRIGGERS = `
  select pg_get_triggerdef(t.oid) || ';' as text from pg_trigger t join pg_class c on c.oid = t.tgrelid
  where c.relnamespace = 'patchbay'::regnamespace and not t.tgisinternal order by t.tgname`

const FUNCTIONS = `
  select pg_get_functiondef(p.oid) || format(E';\\ncomment on function %s is %L;', p.oid::regprocedure, obj_description(p.oid)) as text
  from pg_proc p where p.pronamespace = 'patchbay'::regnamespace and p.prokind = 'f' order by p.proname, p.oid::regprocedure::text`

const GRANTS = `
  select format('grant %s on patchbay.%s to %s;', string_agg(privilege_type, ', ' order by privilege_type), table_name, grantee) as text
  from information_schema.role_table_grants
  where table_schema = 'patchbay' and grantee in ('anon', 'authenticated', 'service_role', 'PUBLIC')
  group by table_name, grantee order by table_name, grantee`
