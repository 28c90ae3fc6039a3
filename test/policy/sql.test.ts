import { expect, test } from 'vitest'
import { loadSqlReader } from '../../src/policy/sql.ts'

const readSql = await loadSqlReader()

test.each([
  ['select count(*) from employee', 'read'],
  ['select d.name, avg(salary) from dept d join salary s on true group by 1 order by 2 desc limit 5', 'read'],
  ['explain select 1', 'read'],
  ['show search_path', 'read'],
  ["select strftime('%Y', hired) from employee", 'read'],
  ['explain analyze delete from t', 'destructive'],
  ['with gone as (delete from t returning *) select * from gone', 'destructive'],
  ['with made as (insert into t values (1) returning *) select * from made', 'write'],
  ['select * into copy_of_t from t', 'write'],
  ['select * from t for update', 'write'],
  ['select pg_sleep(10)', 'write'],
  ["select lo_import('/etc/passwd')", 'write'],
  ['select 1; select 2', 'write'],
  ['insert into t values (1)', 'write'],
  ['update t set a = 1 where id = 2', 'write'],
  ['update t set a = 1', 'destructive'],
  ['delete from t where id = 1', 'destructive'],
  ['drop table t', 'destructive'],
  ['truncate t', 'destructive'],
  ["copy t to program 'sh'", 'destructive'],
  ['do $$ begin delete from t; end $$', 'destructive'],
  ['create table t (a int)', 'write'],
  ['set role postgres', 'write'],
  ['not sql at all', 'write'],
  ['drop everything please', 'destructive'],
  [`select ${'('.repeat(20_000)}1${')'.repeat(20_000)}`, 'write'],
])('%s is %s', (sql, risk) => {
  expect(readSql(sql, 'postgres').risk).toBe(risk)
})

test.each([
  // To Postgres one nested comment; to SQLite a comment, a DELETE, and a comment.
  'select 1 /* /* */; delete from dept_emp; -- */',
  'SELECT $a$; DELETE FROM dept_emp; SELECT $a$',
  "select '\\'; delete from t; --'",
  'select `a` from t',
  'select [a] from t',
])('to another parser than Postgres’ %s may be something else, so it asks', (sql) => {
  expect(readSql(sql, 'sqlite').risk).not.toBe('read')
})

test.each(['select count(*) from employee;', "select * from employee where name = 'O''Brien' limit 3"])(
  '%s reads in SQLite, too',
  (sql) => {
    expect(readSql(sql, 'sqlite').risk).toBe('read')
  },
)
