import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { isRecord } from '../../src/block-kit/problem.ts'

const FOLDER = join(import.meta.dirname, '..', 'fixtures', 'slack-payloads')

const Json = z.record(z.string(), z.unknown())

/** A payload in the shape of a page of Slack's documentation; an `event` still needs its envelope. */
const Payload = z
  .strictObject({
    name: z.string(),
    page: z.url(),
    /**
     * `heard`: the app does something with it. `dropped`: it says in its log why not. `answered`: what an older version or somebody
     * else offered; the person is told. `challenge`: Bolt answers.
     */
    means: z.enum(['heard', 'dropped', 'answered', 'challenge']),
    event: Json.optional(),
    body: Json.optional(),
  })
  .refine(({ event, body }) => (event === undefined) !== (body === undefined), 'either an event or a whole body')
export type SlackPayload = z.infer<typeof Payload>

/** All payloads of test/fixtures/slack-payloads, by file. */
export function slackPayloads(): Record<string, SlackPayload[]> {
  const files = readdirSync(FOLDER).filter((name) => name.endsWith('.json'))
  return Object.fromEntries(
    files.map((name) => {
      const parsed: unknown = JSON.parse(readFileSync(join(FOLDER, name), 'utf8'))
      return [name.replace('.json', ''), z.array(Payload).parse(parsed)]
    }),
  )
}

type RawRequest = { type: 'events_api' | 'interactive' | 'slash_commands'; payload: Record<string, unknown> }

/** What Slack sends for it. `id` tells an event from others. */
export function requestOf({ event, body = {} }: SlackPayload, id: string): RawRequest {
  if (event !== undefined) return { type: 'events_api', payload: envelopeOf(event, id) }
  if (isRecord(body.event)) return { type: 'events_api', payload: { ...body, event_id: id } }
  if (typeof body.type !== 'string') return { type: 'slash_commands', payload: body }
  return { type: ENVELOPE_TYPES.has(body.type) ? 'events_api' : 'interactive', payload: body }
}

const ENVELOPE_TYPES = new Set(['app_rate_limited', 'url_verification'])

const envelopeOf = (event: Record<string, unknown>, id: string) => ({
  token: 'local-verification-token',
  team_id: 'TLOCAL01',
  context_team_id: 'TLOCAL01',
  context_enterprise_id: null,
  api_app_id: 'APATCHB1',
  event,
  type: 'event_callback',
  event_id: id,
  event_time: 1_795_000_000,
  authorizations: [
    { enterprise_id: null, team_id: 'TLOCAL01', user_id: 'UPATCHB1', is_bot: true, is_enterprise_install: false },
  ],
  is_ext_shared_channel: false,
  event_context: '4-local',
})

/** What Slack gives without exception, and what an interaction cannot be told by without; other fields may be null or absent. */
const ALWAYS_THERE =
  /^(type|user|user\.id|callback_id|trigger_id|action_id|block_id|value|channel|channel\.id|message|message\.ts|actions|actions\.0\.(action_id|value)|view|view\.(id|hash|callback_id|state|state\.values|private_metadata)|challenge)$|\.type$/
/** Forms have no null, and a command always says where and who. */
const IN_EVERY_COMMAND = /^(command|user_id|channel_id|trigger_id|response_url)$/
const IN_EVERY_EVENT = /^(type|event|event\.type|function_execution_id)$/

/** Below this is what a person or another app wrote, where the shapes repeat. */
const DEPTH = 3

/** The payloads with each of their optional fields once null and once absent; a field is tried once for each kind of payload. */
export function variantsOf(payloads: SlackPayload[]): SlackPayload[] {
  const tried = new Set<string>()
  const isNew = (key: string) => !tried.has(key) && Boolean(tried.add(key))
  return payloads.flatMap((payload) => {
    const { event, body } = payload
    const [key, whole] = event === undefined ? ['body', body ?? {}] : ['event', event]
    const isCommand = body !== undefined && typeof body.type !== 'string'
    const kept = keptIn(payload, isCommand)
    const paths = pathsIn(whole).filter((path) => !kept.test(path.join('.')) && path.at(-1) !== '0')
    return paths
      .filter((path) => isNew(`${whole.type} ${whole.subtype} ${path.join('.')}`))
      .flatMap((path) => [
        { ...payload, name: `${payload.name}, no ${path.join('.')}`, [key]: changed(whole, path, undefined) },
        ...(isCommand
          ? []
          : [{ ...payload, name: `${payload.name}, ${path.join('.')} null`, [key]: changed(whole, path, null) }]),
      ])
  })
}

function keptIn({ event, body }: SlackPayload, isCommand: boolean): RegExp {
  if (isCommand) return IN_EVERY_COMMAND
  return event === undefined && body?.event === undefined ? ALWAYS_THERE : IN_EVERY_EVENT
}

function pathsIn(value: unknown, path: string[] = []): string[][] {
  if (path.length >= DEPTH) return []
  // The first of a list stands for all of them.
  const entries = Array.isArray(value)
    ? value.slice(0, 1).map((one) => ['0', one])
    : Object.entries(isRecord(value) ? value : {})
  return entries.flatMap(([key, inner]) => [[...path, String(key)], ...pathsIn(inner, [...path, String(key)])])
}

function changed(value: unknown, [key = '', ...rest]: string[], to: null | undefined): unknown {
  if (Array.isArray(value)) return [changed(value[0], rest, to), ...value.slice(1)]
  if (!isRecord(value)) return value
  if (rest.length > 0) return { ...value, [key]: changed(value[key], rest, to) }
  const { [key]: _gone, ...others } = value
  return to === undefined ? others : { ...others, [key]: null }
}
