import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { readConfig } from '../src/config.ts'
import { Variables } from '../src/variables.ts'
import { ROOT } from './support/paths.ts'

const lines = readFileSync(join(ROOT, '.env.example'), 'utf8').split('\n')

describe('.env.example', () => {
  const explained = lines.flatMap((line, at) => {
    const [, name] = /^([A-Z_]+)=/.exec(line) ?? []
    return name === undefined ? [] : [{ name, explanation: lines[at - 1] ?? '' }]
  })

  test('names exactly the variables the app reads', () => {
    expect(explained.map((one) => one.name).sort()).toEqual(Object.keys(Variables.shape).sort())
  })

  test.each(explained)('$name has one line of explanation', ({ explanation }) => {
    expect(explanation).toMatch(/^# [^-].{10,}[.)…]$/)
  })

  test('is a valid configuration as it stands', () => {
    const values = Object.fromEntries(
      lines.flatMap((line) => (/^[A-Z_]+=/.test(line) ? [line.split(/=(.*)/s).slice(0, 2)] : [])),
    )
    expect(readConfig(values)).toMatchObject({ slack: undefined, database: undefined, model: { apiKey: undefined } })
  })
})

describe('readConfig', () => {
  test.each<[Record<string, string>, string]>([
    [{ PORT: 'eighty' }, 'PORT'],
    [{ PORT: '70000' }, 'PORT: a whole number from 1 to 65535'],
    [{ PORT: '3100' }, 'LOCAL_PORT: is the same'],
    [{ MCP_TOOL_TIMEOUT_SECONDS: '-1' }, 'MCP_TOOL_TIMEOUT_SECONDS: a whole number'],
    [{ SLACK_BOT_TOKEN: 'xoxb-1' }, 'SLACK_SIGNING_SECRET'],
    [{ SLACK_APP_TOKEN: 'xapp-1' }, 'SLACK_BOT_TOKEN'],
    [{ SLACK_CLIENT_ID: '1.2', SLACK_SIGNING_SECRET: 's' }, 'SLACK_CLIENT_SECRET: is missing'],
    [{ SLACK_CLIENT_SECRET: 'c', SLACK_APP_TOKEN: 'xapp-1' }, 'SLACK_CLIENT_ID: is missing'],
    [{ SLACK_CLIENT_ID: '1.2', SLACK_CLIENT_SECRET: 'c' }, 'SLACK_CLIENT_ID: also set SLACK_SIGNING_SECRET'],
    [
      { SLACK_BOT_TOKEN: 'xoxb-1', SLACK_SIGNING_SECRET: 's', SLACK_CLIENT_ID: '1.2', SLACK_CLIENT_SECRET: 'c' },
      'SLACK_BOT_TOKEN: is for one workspace',
    ],
    [{ PUBLIC_URL: 'patchbay.example.org' }, 'PUBLIC_URL: an address that begins with http'],
    [{ SUPABASE_URL: 'https://x.supabase.co' }, 'SUPABASE_SECRET_KEY'],
    [{ DATABASE_URL: 'mysql://x' }, 'DATABASE_URL'],
    [
      { ENTERPRISE_IDP_ISSUER: 'https://login.acme.com', ENTERPRISE_IDP_CLIENT_ID: 'p' },
      'ENTERPRISE_IDP_CLIENT_SECRET: set',
    ],
    [{ ENTERPRISE_IDP_ISSUER: 'login.acme.com' }, 'ENTERPRISE_IDP_ISSUER: an address that begins with http'],
    [{ SLACK_AGENT: 'maybe' }, 'SLACK_AGENT: on or off'],
    [{ LOCAL_SLACK_MODE: 'carrier pigeon' }, 'LOCAL_SLACK_MODE'],
  ])('%o stops the start and names %s', (environment, name) => {
    expect(() => readConfig(environment)).toThrow(
      expect.objectContaining({ code: 'config_invalid', message: expect.stringContaining(name) }),
    )
  })

  test('a bad value is never repeated', () => {
    expect(() => readConfig({ SLACK_BOT_TOKEN: 'hunter2-secret' })).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('hunter2') }),
    )
  })

  test('what is set replaces the stand-in', () => {
    const config = readConfig({
      SLACK_BOT_TOKEN: 'xoxb-1',
      SLACK_APP_TOKEN: 'xapp-1',
      SUPABASE_URL: 'https://x.supabase.co',
      SUPABASE_SECRET_KEY: 'sb_secret_x',
      ANTHROPIC_BASE_URL: 'http://127.0.0.1:9',
    })
    expect(config.slack).toMatchObject({ botToken: 'xoxb-1', appToken: 'xapp-1' })
    expect(config.database).toMatchObject({ kind: 'supabase' })
    expect(config.model).toMatchObject({ apiKey: 'none', baseURL: 'http://127.0.0.1:9' })
  })

  test('the organization’s identity provider is all three settings', () => {
    const config = readConfig({
      ENTERPRISE_IDP_ISSUER: 'https://login.acme.com',
      ENTERPRISE_IDP_CLIENT_ID: 'patchbay',
      ENTERPRISE_IDP_CLIENT_SECRET: 'shh',
    })
    expect(config.identityProvider).toEqual({
      issuer: 'https://login.acme.com',
      clientId: 'patchbay',
      clientSecret: 'shh',
    })
  })

  test('one workspace by its token, several by the client id', () => {
    const one = readConfig({ SLACK_BOT_TOKEN: 'xoxb-1', SLACK_SIGNING_SECRET: 's' })
    expect(one.slack).toEqual({
      botToken: 'xoxb-1',
      signingSecret: 's',
      appToken: undefined,
      apiUrl: 'https://slack.com/api/',
    })
    const many = readConfig({ SLACK_CLIENT_ID: '1.2', SLACK_CLIENT_SECRET: 'c', SLACK_SIGNING_SECRET: 's' })
    expect(many.slack).toMatchObject({ oauth: { clientId: '1.2', clientSecret: 'c', agent: true }, signingSecret: 's' })
    expect(many.slack?.botToken).toBeUndefined()
    const plain = readConfig({
      SLACK_CLIENT_ID: '1.2',
      SLACK_CLIENT_SECRET: 'c',
      SLACK_SIGNING_SECRET: 's',
      SLACK_AGENT: 'off',
    })
    expect(plain.slack?.oauth?.agent).toBe(false)
  })

  test('the public address ends without a slash, and is this machine where none is set', () => {
    expect(readConfig({ PORT: '3005' }).http).toEqual({ port: 3005, publicUrl: 'http://localhost:3005' })
    expect(readConfig({ PUBLIC_URL: 'https://a.example/' }).http.publicUrl).toBe('https://a.example')
  })

  test('MCP_<CARD>_<INPUT> fills inputs of cards with one word and with several', () => {
    const { prefills } = readConfig({
      MCP_GITHUB_TOKEN: 'a',
      MCP_DEMO_DATABASE_DSN: 'b',
      MCP_TOOL_TIMEOUT_SECONDS: '5',
    })
    expect(prefills.github).toEqual({ token: 'a' })
    expect(prefills['demo-database']).toEqual({ dsn: 'b' })
    expect(prefills.tool).toBeUndefined()
  })

  test('the store of a cloud is taken with real Slack only', () => {
    const cloud = { GOOGLE_CLOUD_PROJECT: 'acme', AWS_REGION: 'eu-central-1', AWS_EXECUTION_ENV: 'AWS_ECS_FARGATE' }
    const slack = { SLACK_BOT_TOKEN: 'xoxb-1', SLACK_SIGNING_SECRET: 's' }
    expect(readConfig(cloud).credentials.fallback).toBeUndefined()
    expect(readConfig({ ...cloud, ...slack }).credentials.fallback).toBe('google')
    expect(readConfig({ ...cloud, ...slack, GOOGLE_CLOUD_PROJECT: '' }).credentials.fallback).toBe('aws')
    const supabase = { SUPABASE_SECRET_KEY: 'sb_secret_x', ...slack }
    expect(readConfig({ ...supabase, SUPABASE_URL: 'https://x.supabase.co' }).credentials.fallback).toBe('supabase')
    expect(readConfig({ ...supabase, SUPABASE_URL: 'https://x.example' }).credentials.fallback).toBeUndefined()
    expect(readConfig({ CREDENTIALS_FOLDER: '/run/secrets' }).credentials.fallback).toBe('files')
  })

  test.each([
    [{ VAULT_TOKEN: 't' }, { kind: 'token', token: 't' }],
    [
      { VAULT_ROLE_ID: 'r', VAULT_SECRET_ID: 's', VAULT_TOKEN: 't' },
      { kind: 'approle', roleId: 'r', secretId: 's' },
    ],
    [
      { VAULT_KUBERNETES_ROLE: 'k', VAULT_TOKEN: 't' },
      { kind: 'kubernetes', role: 'k' },
    ],
    [{ VAULT_ROLE_ID: 'r' }, undefined],
  ])('with %o Patchbay signs in to Vault so', (environment, signIn) => {
    const { vault } = readConfig({ VAULT_ADDR: 'https://vault.acme.com/', ...environment }).credentials
    expect(vault).toMatchObject({ address: 'https://vault.acme.com', mount: 'secret' })
    if (signIn === undefined) expect(vault?.signIn).toBeUndefined()
    else expect(vault?.signIn).toMatchObject(signIn)
  })

  test('in a real workspace only the OAuth clients of cards are taken from the environment', () => {
    const { prefills } = readConfig({
      SLACK_BOT_TOKEN: 'xoxb-1',
      SLACK_SIGNING_SECRET: 's',
      MCP_KUBERNETES_TOKEN: 'operators-secret',
      MCP_GITHUB_CLIENT_ID: 'a',
      MCP_GITHUB_CLIENT_SECRET: 'b',
    })
    expect(prefills.github).toEqual({ client_id: 'a', client_secret: 'b' })
    expect(JSON.stringify(prefills)).not.toContain('operators-secret')
  })
})
