import { expect, test } from 'vitest'
import { loadSqlReader } from '../../src/policy/sql/read-sql.ts'

const readSql = await loadSqlReader()

test.each([
  'select count(*) from employee',
  'select d.name, avg(salary) from dept d join salary s on true group by 1 order by 2 desc limit 5',
  'explain select 1',
  'explain delete from t',
  'show search_path',
  'table t',
  'values (1)',
  'select pg_catalog.count(*) from t',
  "select extract(year from hired at time zone 'utc') from employee",
  "select position('a' in name), trim(name), overlay(name placing 'x' from 1) from employee",
  'select 1 /* ; drop table t */',
  'select $$;drop table t$$',
])('%s reads', (sql) => {
  expect(readSql(sql, 'postgres').risk).toBe('read')
})

test.each([
  'with made as (insert into t values (1) returning *) select * from made',
  'select * into copy_of_t from t',
  'create table x as select * from t',
  'select * from t for update',
  'select pg_sleep(10)',
  "select nextval('s')",
  'select 1; select 2',
  'insert into t values (1)',
  'insert into t(a) values (1) on conflict (a) do update set a = 0',
  'update t set a = 1 where id = 2',
  'merge into t using s on t.id = s.id when matched then update set a = s.a when not matched then insert values (s.id)',
  'create table t (a int)',
  'create view v as select 1',
  'create index on t (a)',
  "comment on table t is 'x'",
  'alter table t rename to u',
  "alter type e add value 'x'",
  'refresh materialized view v',
  'vacuum full t',
  'lock table t in access exclusive mode',
  'set search_path = evil',
  'prepare p as select 1',
  'declare c cursor for select 1',
  'begin',
  'notify x',
])('%s writes', (sql) => {
  expect(readSql(sql, 'postgres').risk).toBe('write')
})

test.each([
  'delete from t where id = 1',
  'explain analyze delete from t',
  'with gone as (delete from t returning *) select * from gone',
  'merge into t using s on t.id = s.id when matched then delete',
  'with gone as (merge into t using s on t.id = s.id when matched then delete returning t.id) select * from gone',
  'explain (analyze) merge into t using s on t.id = s.id when matched then delete',
  'merge into t using s on true when matched then update set a = 1',
  'merge into t using s on t.id = s.id when not matched by source then update set a = 1',
  'update t set a = 1',
  'update t set a = 1 where true',
  'update t set a = 1 where 1 = 1',
  'truncate t',
  'prepare p as delete from t',
])('%s destroys rows', (sql) => {
  expect(readSql(sql, 'postgres').risk).toBe('destructive')
})

test.each([
  'drop table t',
  'drop database d',
  'drop owned by x',
  'drop role x',
  'drop tablespace ts',
  'drop subscription s',
  'alter table t drop column a',
  'alter system set fsync = off',
  'alter role x superuser',
  "alter user x password 'y'",
  'alter database d set x = 1',
  'alter function f() security definer',
  'alter default privileges grant all on tables to public',
  'alter policy p on t using (true)',
  'alter extension e update',
  'create role x superuser',
  'create extension dblink',
  "create or replace function lower(text) returns text language sql as 'delete from t returning 1'",
  'create or replace view v as select 1',
  'create rule r as on insert to t do instead delete from t',
  'create trigger tr before insert on t execute function f()',
  'create policy p on t using (true)',
  'create server s foreign data wrapper postgres_fdw',
  "create subscription s connection 'host=evil' publication p",
  'create schema s create table t (a int) grant all on t to public',
  'import foreign schema x from server s into y',
  'reassign owned by x to y',
  'grant all on t to public',
  'grant admin to bob',
  'set role postgres',
  'set session authorization postgres',
  "load 'evil'",
  "copy t to program 'sh'",
  'do $$ begin delete from t; end $$',
  'call wipe()',
  'execute p',
])('%s destroys, gives rights, or can do anything', (sql) => {
  expect(readSql(sql, 'postgres').risk).toBe('destructive')
})

test.each([
  'select wipe()',
  'select coalesce((select wipe()), 1)',
  'select * from t order by wipe()',
  "select dblink_exec('host=x', 'drop table t')",
  "select query_to_xml('delete from t returning 1', true, true, '')",
  "select set_config('role', 'admin', false)",
  "select lo_import('/etc/passwd')",
  'select pg_terminate_backend(1)',
  "select public.lower('x')",
  'select total(1)',
  'select a operator(evil.+) b from t',
])('%s runs code nobody has read', (sql) => {
  expect(readSql(sql, 'postgres').risk).toBe('destructive')
})

test.each(['not sql at all', '', `select ${'('.repeat(20_000)}1${')'.repeat(20_000)}`])(
  'what cannot be read may do anything',
  (sql) => {
    expect(readSql(sql, 'postgres').risk).toBe('destructive')
  },
)

test.each([
  // To Postgres one nested comment; to SQLite a comment, a DELETE, and a comment.
  'select 1 /* /* */; delete from dept_emp; -- */',
  'SELECT $a$; DELETE FROM dept_emp; SELECT $a$',
  "select '\\'; delete from t; --'",
  'select `a` from t',
  'select [a] from t',
  'pragma writable_schema = 1',
  'replace into t values (1)',
  "attach database '/tmp/x' as y",
  "select load_extension('x')",
])('in SQLite, %s may do anything', (sql) => {
  expect(readSql(sql, 'sqlite').risk).toBe('destructive')
})

test.each([
  'select count(*) from employee;',
  "select * from employee where name = 'O''Brien' limit 3",
  "select strftime('%Y', hired), total(pay) from employee",
])('%s reads in SQLite, too', (sql) => {
  expect(readSql(sql, 'sqlite').risk).toBe('read')
})

test('the card names the statement', () => {
  expect(readSql('alter role x superuser', 'postgres').why).toBe('This SQL is an ALTER ROLE statement.')
  expect(readSql('merge into t using s on t.id = s.id when matched then delete', 'postgres').why).toBe(
    'This SQL deletes rows.',
  )
})
