import { isRecord } from '../../block-kit/problem.ts'
import { AppError } from '../../errors.ts'
import { ask, type Stage } from './payloads.ts'
import { notify } from './press.ts'
import type { Channel, Person } from './records.ts'
import { Response, respond } from './response-urls.ts'
import { APP } from './seed.ts'
import { encodeWords } from './words.ts'

/** Runs a slash command with `should_escape`; what the app acknowledges with is shown as Slack shows it. */
export async function command(
  stage: Stage,
  { person, channel }: { person: Person; channel: Channel },
  name: string,
  typed: string,
): Promise<void> {
  const at = { channel: channel.id, user: person.id, ts: undefined, thread_ts: undefined }
  const { team, installs } = stage.workspace
  const payload = {
    token: 'local-verification-token',
    team_id: team.id,
    team_domain: team.domain,
    ...(team.enterprise && { enterprise_id: team.enterprise.id, enterprise_name: team.enterprise.name }),
    channel_id: channel.id,
    channel_name: channel.name,
    user_id: person.id,
    user_name: person.name,
    command: name,
    text: encodeWords(typed, true),
    api_app_id: APP.id,
    is_enterprise_install: String(installs.live()?.org ?? false),
    response_url: stage.responses.issue(at),
    trigger_id: stage.triggers.issue(person.id),
  }
  try {
    show(stage, at, await ask(stage.wire, 'slash_commands', payload))
  } catch (error) {
    if (error instanceof AppError) notify(stage, person, channel, `${name} failed: ${error.message}`)
    throw error
  }
}

function show(stage: Stage, at: Parameters<typeof respond>[1], body: unknown): void {
  if (body === undefined || body === '') return
  const response = Response.safeParse(isRecord(body) ? body : { text: body })
  const wrong = response.success ? respond(stage.workspace, at, response.data) : 'invalid_command_response'
  if (wrong !== undefined) throw new AppError('slack_failed', `Slack refuses what the app answered: ${wrong}`)
}
