import { isRecord } from '../../src/block-kit/problem.ts'
import { sendInteraction } from '../delivery/interaction-payloads.ts'
import { EmulatorError } from '../errors.ts'
import { escapeText } from '../workspace/escape-text.ts'
import type { Channel, Person } from '../workspace/records.ts'
import { ResponsePayload, respond } from '../workspace/response-urls.ts'
import { APP, SLACKBOT } from '../workspace/seed.ts'
import { directoryFor } from './directory.ts'
import type { EmulatorParts } from './emulator-parts.ts'
import { notifyPerson } from './press-button.ts'

/** Runs a slash command with `should_escape`; the acknowledgement's body is shown as Slack shows it. */
export async function runSlashCommand(
  parts: EmulatorParts,
  { person, channel }: { person: Person; channel: Channel },
  name: string,
  typed: string,
): Promise<void> {
  if (isUnknown(parts, name)) return refuseUnknown(parts, { person, channel }, name)
  const at = { channel: channel.id, user: person.id, ts: undefined, thread_ts: undefined }
  const { team, appTokens } = parts.workspace
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
    text: escapeText(typed, directoryFor(parts.workspace, person), true),
    api_app_id: APP.id,
    is_enterprise_install: String(appTokens.live()?.org ?? false),
    response_url: parts.responses.issue(at),
    trigger_id: parts.triggers.issue(person.id),
  }
  try {
    show(parts, at, await sendInteraction(parts.transport, 'slash_commands', payload))
  } catch (error) {
    if (error instanceof EmulatorError) notifyPerson(parts, person, channel, `${name} failed: ${error.message}`)
    throw error
  }
}

/** Without a manifest to read, any command may be the app's. */
function isUnknown({ workspace }: EmulatorParts, name: string): boolean {
  const commands = workspace.manifest().features.slash_commands
  return commands.length > 0 && !commands.some(({ command }) => command === name)
}

/** The app hears nothing of a command that nobody has; the person reads Slack's own words. */
function refuseUnknown({ workspace }: EmulatorParts, at: { person: Person; channel: Channel }, name: string): void {
  const text = `${name} is not a valid command. In Slack, all messages that start with the "/" character are interpreted as commands.\n\nIf you are trying to send a message and not run a command, try preceding the "/" with an empty space.`
  workspace.post({ channel: at.channel.id, user: SLACKBOT, text, ephemeral_to: at.person.id })
}

function show(parts: EmulatorParts, at: Parameters<typeof respond>[1], body: unknown): void {
  if (body === undefined || body === '') return
  const response = ResponsePayload.safeParse(isRecord(body) ? body : { text: body })
  const wrong = response.success ? respond(parts.workspace, at, response.data) : 'invalid_command_response'
  if (wrong !== undefined) throw new EmulatorError('app_failed', `Slack refuses what the app answered: ${wrong}`)
}
