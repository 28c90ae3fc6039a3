import { Client, DatabaseError } from 'pg'
import { loadSqlReader } from '../../src/policy/sql/read-sql.ts'
import { statementsLike, statementsOf } from './sql-statements.ts'
import { createTarget, type FuzzTarget } from './target.ts'

const SCHEMA = `
  create table t (id int, a int, b int, c text, name text);
  create table s as select * from t; create table u as select * from t; create table x as select * from t;
  create table employee as select * from t; create view v as select * from t; create sequence q;
  insert into t values (1, 2, 3, 'x', 'y'); insert into u select * from t; insert into s select * from t;
  create function wipe() returns int language sql as 'delete from t returning 1';
  create schema evil;
  create function evil.lower(text) returns text language sql as 'delete from t returning c';
  create function evil.count() returns int language sql as 'delete from t returning 1'`

const DIGEST = `
  select md5(concat(
    (select string_agg(x::text, ',' order by x::text) from t x), (select string_agg(x::text, ',' order by x::text) from s x),
    (select string_agg(x::text, ',' order by x::text) from u x), (select string_agg(x::text, ',' order by x::text) from employee x),
    (select string_agg(concat(oid, relname, relacl, relowner), ',' order by oid) from pg_class where relnamespace::regnamespace::text !~ '^pg_'),
    (select string_agg(concat(oid, proname, prosrc), ',' order by oid) from pg_proc where oid > 16000),
    (select string_agg(concat(rolname, rolsuper, rolpassword), ',' order by oid) from pg_authid),
    (select count(*) from pg_namespace), (select count(*) from pg_rewrite), (select count(*) from pg_largeobject_metadata),
    (select count(*) from pg_prepared_statements), (select count(*) from pg_cursors where name <> ''), (select last_value from q),
    (select string_agg(name || setting, ',') from pg_settings where name in ('search_path', 'role', 'session_authorization', 'standard_conforming_strings'))))
    as digest`

/** What is read as "only reads" changes nothing in a real Postgres. */
export async function sqlOnPostgres(url: string): Promise<FuzzTarget> {
  const readSql = await loadSqlReader()
  const client = new Client({ connectionString: url })
  client.on('error', () => undefined)
  await client.connect()
  await client.query(
    "drop schema if exists fuzz cascade; create schema fuzz; drop schema if exists evil cascade; set search_path = fuzz, public; set statement_timeout = '300ms'",
  )
  await client.query(SCHEMA)
  const digest = async () => (await client.query<{ digest: string }>(DIGEST)).rows[0]?.digest
  const before = await digest()
  const check = async (sql: string) => {
    // COPY to or from the client would wait for it.
    if (readSql(sql, 'postgres').risk !== 'read' || /\bcopy\b|repeat/i.test(sql)) return
    let after: string | undefined = before
    try {
      await client.query('begin')
      await client.query(sql)
      after = await digest()
    } catch (error) {
      if (!(error instanceof DatabaseError)) throw error
    } finally {
      await client.query('rollback')
    }
    if (after !== before) throw new Error('it was read as reading, and it changed something')
  }
  return createTarget(statementsLike(statementsOf('postgres')), check, () => client.end())
}
