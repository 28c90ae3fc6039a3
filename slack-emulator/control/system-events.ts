import { randomBytes } from 'node:crypto'
import { isRecord } from '../../src/block-kit/problem.ts'
import { EmulatorError } from '../errors.ts'
import type { Json } from '../workspace/records.ts'
import { APP } from '../workspace/seed.ts'
import type { EmulatorParts } from './emulator-parts.ts'

/** Tells the app that its workspace gives too many events an hour (docs.slack.dev/reference/events/app_rate_limited). */
export async function tellRateLimited(parts: EmulatorParts): Promise<Json> {
  const { now, team } = parts.workspace
  const minute_rate_limited = Math.floor(now() / 60_000) * 60
  await sendSystemEvent(parts, {
    type: 'app_rate_limited',
    team_id: team.id,
    minute_rate_limited,
    api_app_id: APP.id,
  })
  return { ok: true }
}

/** Asks whether the address is the app's (docs.slack.dev/reference/events/url_verification): it must send the challenge back. */
export async function verifyUrl(parts: EmulatorParts): Promise<Json> {
  if (parts.socket !== undefined) throw new EmulatorError('conflict', 'there is no address to verify in Socket Mode')
  const challenge = randomBytes(16).toString('hex')
  const body = await sendSystemEvent(parts, { type: 'url_verification', challenge })
  if (challengeIn(body) !== challenge)
    throw new EmulatorError('app_failed', 'the app did not send the challenge back, so Slack refuses its address')
  return { ok: true }
}

async function sendSystemEvent({ transport }: EmulatorParts, event: Json): Promise<unknown> {
  const reply = await transport.send({
    type: 'events_api',
    payload: { token: 'local-verification-token', ...event },
  })
  if (reply.kind === 'acked') return reply.body
  throw new EmulatorError('app_failed', reply.detail)
}

/** Slack takes the challenge as plain text, as a form, and as JSON. */
function challengeIn(body: unknown): unknown {
  if (isRecord(body)) return body.challenge
  const text = String(body).trim()
  return new URLSearchParams(text).get('challenge') ?? text
}
