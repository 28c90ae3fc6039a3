import { describe, expect, test } from 'vitest'
import { connectionNameFor } from '../../../src/connect/catalog/connectable-cards.ts'
import { readRegistryItem } from '../../../src/connect/catalog/read-registry-entry.ts'
import { RegistryVariable } from '../../../src/connect/catalog/server-json.ts'
import { listed, remoteAt } from '../../fixtures/registry-server.ts'

const usable = (url: string) => url.startsWith('https://') && !url.includes('10.0.0.1')
const read = (server: { name: string } & Record<string, unknown>) => readRegistryItem(listed(server), usable)

function entriesOf(server: { name: string } & Record<string, unknown>) {
  const item = read(server)
  if (item.kind !== 'rows') throw new Error(`left out: ${item.why}`)
  return item.rows.map(({ entry }) => entry)
}
const entryWith = (more: Record<string, unknown>, url = 'https://a.dev/mcp') =>
  entriesOf({ name: 'dev.acme/x', remotes: remoteAt(url, more) })[0]
const secretsOf = (headers: unknown) => entryWith({ headers })?.inputs.map(({ secret }) => secret)

test.each<[string, unknown, boolean]>([
  ['not marked', { name: 'Authorization', isRequired: true }, true],
  ['marked', { name: 'X-Thing', isSecret: true }, true],
  ['marked in snake_case', { name: 'X-Thing', is_secret: true }, true],
  ['a harmless name, not marked', { name: 'X-Thing' }, true],
  ['said to be none, but called a key', { name: 'X-Api-Key', isSecret: false }, true],
  ['said to be none, but a token', { name: 'github_token', isSecret: false }, true],
  ['said to be none, in the header of keys', header('Authorization', 'Bearer {x}', { x: { isSecret: false } }), true],
  ['a part without a word', header('X-Thing', 'a {x}', { x: {} }), true],
  ['a part that nobody declares', header('X-Thing', 'a {x}', {}), true],
  ['an odd mark', { name: 'X-Thing', isSecret: 'perhaps' }, true],
  ['said to be none', { name: 'X-Region', isSecret: false }, false],
  ['said to be none, as text', { name: 'X-Author', isSecret: 'false' }, false],
  ['said to be none in snake_case', { name: 'X-Monkey', is_secret: false }, false],
  ['choices', { name: 'X-Region', choices: ['eu', 'us'] }, false],
  ['choices that are numbers', { name: 'X-Level', choices: [1, 2] }, false],
  ['yes or no', { name: 'X-Read-Only', format: 'boolean' }, false],
  ['choices, marked', { name: 'X-Region', isSecret: true, choices: ['eu', 'us'] }, true],
])('a value in a header, %s: secret %s', (_, written, secret) => {
  expect(secretsOf([written])).toEqual([secret])
})

function header(name: string, value: string, variables: Record<string, unknown>) {
  return { name, value, variables }
}

test.each<[string, string, Record<string, unknown>]>([
  ['marked', 'https://a.dev/{x}', { x: { isSecret: true } }],
  ['called a key', 'https://a.dev/mcp?api_key={api_key}', {}],
  ['called a token, not marked', 'https://a.dev/{userToken}/mcp', { userToken: { isRequired: true } }],
])('an address with a secret in it, %s, is left out', (_, url, variables) => {
  expect(read({ name: 'dev.acme/x', remotes: remoteAt(url, { variables }) })).toEqual({
    kind: 'left_out',
    name: 'dev.acme/x',
    why: 'a secret in the address',
  })
})

test.each<[string, Record<string, unknown>]>([
  ['null for what is absent', { title: null, websiteUrl: null, repository: null, description: null }],
  ['a number as title', { title: 7, description: ['a'] }],
  ['odd links', { websiteUrl: 5, repository: 'https://github.com/a/b' }],
  ['a name of 190 characters', { name: `dev.acme/${'n'.repeat(181)}` }],
  ['a version of 90 characters', { version: `1.0.0-${'v'.repeat(84)}` }],
  ['transport_type', { remotes: [{ transport_type: 'streamable-http', url: 'https://a.dev/mcp' }] }],
  ['the type in other letters', { remotes: [{ type: 'STREAMABLE_HTTP', url: ' https://a.dev/mcp ' }] }],
  ['odd lists', { remotes: remoteAt('https://a.dev/mcp', { headers: {}, variables: [] }) }],
  ['null lists', { remotes: remoteAt('https://a.dev/mcp', { headers: null, variables: null }) }],
  ['an odd variable', { remotes: remoteAt('https://a.dev/mcp', { variables: { 'a b': 3, c: null } }) }],
  [
    'odd fields of a header',
    {
      remotes: remoteAt('https://a.dev/mcp', {
        headers: [{ name: 'X-A', value: 'a', format: 9, choices: 'x', isRequired: 'yes', description: null }],
      }),
    },
  ],
  [
    'a header of the protocol',
    {
      remotes: remoteAt('https://a.dev/mcp', {
        headers: [{ name: 'Accept', value: 'application/json', isRequired: true }],
      }),
    },
  ],
  ['a header that is no header', { remotes: remoteAt('https://a.dev/mcp', { headers: [{ name: 'not a name' }, 7] }) }],
  [
    'an unreadable remote beside a good one',
    { remotes: [{ type: 'carrier-pigeon', url: 'x' }, ...remoteAt('https://a.dev/mcp')] },
  ],
])('an entry with %s is read', (_, more) => {
  const [entry, ...others] = entriesOf({ name: 'dev.acme/x', remotes: remoteAt('https://a.dev/mcp'), ...more })
  expect(entry?.url).toBe('https://a.dev/mcp')
  expect(entry?.title).not.toBe('')
  expect(others).toEqual([])
})

test.each(['CONTEXT7_API_KEY', 'X.Key', "X!#$%&'*+^`|~"])('a header called %s is sent', (name) => {
  expect(entryWith({ headers: [{ name, isRequired: true }] })?.headers).toEqual({ [name]: '{value1}' })
})

test('a header that a server needs and cannot have leaves it out, with the reason', () => {
  const item = read({
    name: 'dev.acme/x',
    remotes: remoteAt('https://a.dev/mcp', { headers: [{ name: 'Cookie', isRequired: true }] }),
  })
  expect(item).toMatchObject({ kind: 'left_out', why: "a header that is the protocol's own" })
})

test('a long text of a stranger is read', () => {
  const item = { name: 'dev.acme/x', description: 'a.'.repeat(2_000_000), remotes: remoteAt('https://a.dev/mcp') }
  expect(entriesOf(item)).toHaveLength(1)
})

describe('several addresses', () => {
  test('are offered each, under names and titles that tell them apart', () => {
    const remotes = ['docs', 'observability', 'bindings'].flatMap((part) => [
      ...remoteAt(`https://${part}.mcp.acme.dev/mcp`),
      { type: 'sse', url: `https://${part}.mcp.acme.dev/sse` },
    ])
    const entries = entriesOf({ name: 'dev.acme/mcp', title: 'Acme', remotes })
    expect(entries.map(({ name, title, url }) => ({ name, title, url }))).toEqual([
      { name: 'dev.acme/mcp', title: 'Acme: docs', url: 'https://docs.mcp.acme.dev/mcp' },
      {
        name: 'dev.acme/mcp/observability',
        title: 'Acme: observability',
        url: 'https://observability.mcp.acme.dev/mcp',
      },
      { name: 'dev.acme/mcp/bindings', title: 'Acme: bindings', url: 'https://bindings.mcp.acme.dev/mcp' },
    ])
    expect(connectionNameFor('dev.acme/mcp/observability@1.0.0')).toBe('acme-observability')
  })

  test('that differ in nothing a name can hold are counted', () => {
    const remotes = [...remoteAt('https://a.dev/x'), ...remoteAt('https://a.dev/X/.'), ...remoteAt('https://a.dev/x/y')]
    const names = entriesOf({ name: 'dev.acme/y', remotes }).map(({ name }) => name)
    expect(new Set(names).size).toBe(names.length)
  })
})

test.each([
  ['com.webflow/mcp', undefined, 'Webflow'],
  ['com.mapbox.mcp/mcp-server', undefined, 'Mapbox'],
  ['io.github.ada/server', undefined, 'Ada'],
  ['com.webflow/mcp', 'MCP Server', 'Webflow'],
  ['com.webflow/designer', undefined, 'designer'],
  ['com.webflow/mcp', 'Webflow MCP', 'Webflow MCP'],
])('%s with the title %s is called %s', (name, title, called) => {
  const [entry] = entriesOf({ name, ...(title && { title }), remotes: remoteAt('https://a.dev/mcp') })
  expect(entry?.title).toBe(called)
  expect(connectionNameFor(`${name}@1.0.0`)).not.toMatch(/^(mcp|server|mcp-server)$/)
})

test('a long text of a registry is cut between whole letters, as Postgres keeps no half', () => {
  const { description } = RegistryVariable.parse({ description: `${'a'.repeat(3_999)}🙂 and more` })
  expect(description).toBe('a'.repeat(3_999))
})
