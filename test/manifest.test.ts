import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv } from 'ajv'
import formats from 'ajv-formats'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { z } from 'zod'
import { manifestFor, type Variant } from '../scripts/manifest.ts'
import { REDIRECT_PATH } from '../src/slack/app/install.ts'
import { botScopesOf, EVENT_SCOPES, METHODS, OPTIONAL_SCOPES } from '../src/slack/web-api/methods.ts'
import { registered } from './support/registered.ts'

const SCHEMA = join(import.meta.dirname, 'fixtures', 'manifest.schema.2.0.0.json')

const Manifest = z.object({
  features: z.object({
    agent_view: z.unknown().optional(),
    slash_commands: z.array(z.object({ command: z.string(), should_escape: z.boolean(), url: z.string().optional() })),
    shortcuts: z.array(z.object({ callback_id: z.string() })).default([]),
  }),
  oauth_config: z.object({
    scopes: z.object({ bot: z.array(z.string()), bot_optional: z.array(z.string()) }),
    redirect_urls: z.array(z.string()).optional(),
  }),
  settings: z.object({
    event_subscriptions: z.object({ request_url: z.string().optional(), bot_events: z.array(z.string()) }),
    interactivity: z.object({ request_url: z.string().optional() }),
    socket_mode_enabled: z.boolean(),
    org_deploy_enabled: z.boolean(),
    token_rotation_enabled: z.boolean(),
  }),
})

const AT = 'https://patchbay.example.org'
const HTTP: Variant = { socket: false, noAgent: false, url: undefined }
const VARIANTS: [string, Variant][] = [
  ['http', HTTP],
  ['http at an address', { ...HTTP, url: 'https://patchbay.example.org' }],
  ['socket', { ...HTTP, socket: true }],
  ['http, no agent', { ...HTTP, noAgent: true }],
  ['http, several workspaces', { ...HTTP, url: AT, workspaces: AT }],
  ['socket, several workspaces', { ...HTTP, socket: true, workspaces: AT }],
  ['several workspaces, no agent', { ...HTTP, noAgent: true, url: AT, workspaces: AT }],
  ['socket, several workspaces, no agent', { socket: true, noAgent: true, url: undefined, workspaces: AT }],
  ['socket, no agent', { socket: true, noAgent: true, url: undefined }],
]

const read = (variant: Variant) => Manifest.parse(parse(manifestFor(variant)))

describe('the manifest', () => {
  const ajv = new Ajv({ strict: false, allErrors: true })
  formats.default(ajv)
  const valid = ajv.compile(JSON.parse(readFileSync(SCHEMA, 'utf8')))

  test.each(VARIANTS)('is valid: %s', (_name, variant) => {
    expect(valid(parse(manifestFor(variant))), JSON.stringify(valid.errors)).toBe(true)
  })

  test('the schema refuses what Slack would refuse', () => {
    expect(valid({ ...parse(manifestFor(HTTP)), made_up: true })).toBe(false)
  })

  test('names every event, command and shortcut the door listens to, and no other', async () => {
    const all = await registered()
    const heard = (kind: string) =>
      all.flatMap((one) => (one.startsWith(`${kind} `) ? [one.slice(kind.length + 1)] : []))
    const { features, settings } = read(HTTP)
    const subscribed = new Set(settings.event_subscriptions.bot_events.map((name) => name.split('.')[0] ?? name))
    expect([...subscribed].sort()).toEqual(heard('event'))
    expect(features.slash_commands.map(({ command }) => command)).toEqual(heard('command'))
    expect(features.shortcuts.map((shortcut) => shortcut.callback_id).sort()).toEqual(heard('shortcut'))
  })

  test('asks for exactly the scopes that methods, events and commands need', () => {
    const { oauth_config, settings } = read(HTTP)
    const events = settings.event_subscriptions.bot_events.map((event) => EVENT_SCOPES[event])
    const needed = [...Object.values(METHODS).flatMap(({ scopes }) => [...scopes]), ...events, 'commands']
    expect(oauth_config.scopes.bot.sort()).toEqual([...new Set(needed.filter((scope) => scope !== undefined))].sort())
    expect(oauth_config.scopes.bot, 'the install page asks for the same').toEqual(botScopesOf({ agent: true }))
    expect(oauth_config.scopes.bot_optional).toEqual(OPTIONAL_SCOPES)
    expect(Object.keys(EVENT_SCOPES).sort()).toEqual([...settings.event_subscriptions.bot_events].sort())
  })

  test.each(VARIANTS)('the install page asks for exactly its scopes: %s', (_name, variant) => {
    expect(botScopesOf({ agent: !variant.noAgent })).toEqual(read(variant).oauth_config.scopes.bot)
  })

  test('its variants differ as they say', () => {
    expect(read({ ...HTTP, url: 'https://a.example' }).settings.interactivity.request_url).toBe(
      'https://a.example/slack/events',
    )
    const socket = manifestFor({ ...HTTP, socket: true })
    expect(socket).not.toContain('example.com')
    expect(read({ ...HTTP, socket: true }).settings.socket_mode_enabled).toBe(true)
    const plain = read({ ...HTTP, noAgent: true })
    expect(plain.features.agent_view).toBeUndefined()
    expect(plain.oauth_config.scopes.bot).not.toContain('assistant:write')
    expect(plain.settings.event_subscriptions.bot_events).not.toContain('agent_session_stopped')
  })

  test('for several workspaces it says where people come back to, and organizations may install it', () => {
    const many = read({ ...HTTP, socket: true, workspaces: `${AT}/` })
    expect(many.oauth_config.redirect_urls).toEqual([`${AT}${REDIRECT_PATH}`])
    expect(many.settings).toMatchObject({ org_deploy_enabled: true, token_rotation_enabled: false })
    expect(read(HTTP).oauth_config.redirect_urls).toBeUndefined()
    expect(read(HTTP).settings.org_deploy_enabled).toBe(false)
  })

  test.each([
    ['https://h.example/base', 'https://h.example/base'],
    ['https://h.example/base/', 'https://h.example/base'],
    ['https://h.example/a/b//', 'https://h.example/a/b'],
    ['https://h.example:8443/base?x=1#y', 'https://h.example:8443/base'],
    ['https://h.example', 'https://h.example'],
  ])('%s keeps its path in every address', (address, base) => {
    const { features, settings, oauth_config } = read({ ...HTTP, url: address, workspaces: address })
    const events = `${base}/slack/events`
    expect(features.slash_commands.map(({ url }) => url)).toEqual([events])
    expect(settings.event_subscriptions.request_url).toBe(events)
    expect(settings.interactivity.request_url).toBe(events)
    expect(oauth_config.redirect_urls).toEqual([`${base}${REDIRECT_PATH}`])
  })

  test('an address without TLS is refused', () => {
    expect(() => manifestFor({ ...HTTP, workspaces: 'http://a.example' })).toThrow(/https/)
    expect(() => manifestFor({ ...HTTP, url: 'http://a.example' })).toThrow(/https/)
  })
})
