import { randomBytes } from 'node:crypto'
import { Client } from 'pg'
import { inject } from 'vitest'

/** A migrated database of a test's own, dropped at its end. */
export async function createTestDatabase(): Promise<{ url: string; [Symbol.asyncDispose](): Promise<void> }> {
  const template = inject('databaseUrl')
  const name = `test_${randomBytes(6).toString('hex')}`
  const create = `create database ${name} template ${databaseOf(template)} strategy file_copy`
  // For what tests ask in SQL; the app names its schema itself.
  await admin(template, create, `alter database ${name} set search_path = patchbay, public`)
  const url = withDatabase(template, name)
  return {
    url,
    async [Symbol.asyncDispose]() {
      await admin(template, `drop database if exists ${name} with (force)`)
    },
  }
}

/** A database without any schema. */
export async function createEmptyDatabase(): Promise<{ url: string; [Symbol.asyncDispose](): Promise<void> }> {
  const template = inject('databaseUrl')
  const name = `empty_${randomBytes(6).toString('hex')}`
  await admin(template, `create database ${name}`)
  return {
    url: withDatabase(template, name),
    async [Symbol.asyncDispose]() {
      await admin(template, `drop database if exists ${name} with (force)`)
    },
  }
}

async function admin(url: string, ...statements: string[]): Promise<void> {
  const client = new Client({ connectionString: withDatabase(url, 'postgres') })
  await client.connect()
  try {
    // Two tests copying the template at once: one of them waits. Where a session of the server hangs, no database can be made.
    await client.query("set statement_timeout = '50s'")
    await client.query('select pg_advisory_lock(1)')
    for (const sql of statements) await client.query(sql)
  } finally {
    await client.end()
  }
}

const databaseOf = (url: string): string =>
  new URL(url.replace(/^postgres(ql)?:\/\/([^/@]*@)?\//, 'postgres://localhost/')).pathname.slice(1)

const withDatabase = (url: string, name: string): string =>
  url.replace(new RegExp(`/${databaseOf(url)}(?=\\?|$)`), `/${name}`)

/** One statement on a connection of its own; what it returned. */
export async function query(url: string, sql: string, values: unknown[] = []): Promise<Record<string, unknown>[]> {
  const client = new Client({ connectionString: url })
  // The statement fails with it; unheard it would end the process.
  client.on('error', () => undefined)
  await client.connect()
  try {
    return (await client.query<Record<string, unknown>>(sql, values)).rows
  } finally {
    await client.end()
  }
}
