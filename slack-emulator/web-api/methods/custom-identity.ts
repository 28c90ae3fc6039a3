import { z } from 'zod'
import type { Message } from '../../workspace/records.ts'
import { APP } from '../../workspace/seed.ts'

/** The arguments with which an app gives itself another name and face (docs.slack.dev/reference/scopes/chat.write.customize). */
export const identityArgs = {
  username: z.string().optional(),
  icon_emoji: z.string().optional(),
  icon_url: z.string().optional(),
}
const Identity = z.object(identityArgs)
type Identity = z.infer<typeof Identity>

/** The methods that take them; the others ignore them, chat.update and the upload of files among them. */
const METHODS = new Set([
  'agents.sessions.setStatus',
  'assistant.threads.setStatus',
  'chat.postEphemeral',
  'chat.postMessage',
  'chat.startStream',
])
const CUSTOMIZE = 'chat:write.customize'

/** The scope that a call needs for the name and face it gives; without it Slack refuses the call (github.com/openclaw/openclaw/pull/13643). */
export function identityScopesOf(method: string, args: Record<string, unknown>): string[] {
  const given = Object.keys(identityArgs).some((name) => typeof args[name] === 'string' && args[name] !== '')
  return METHODS.has(method) && given ? [CUSTOMIZE] : []
}

/**
 * What a message of another name carries: it is a `bot_message` and names no user, as github.com/seratch/ChatGPT-in-Slack/issues/67
 * reports; `icon_emoji` counts before `icon_url`. A broadcast reply keeps its own subtype.
 */
export function identityFieldsOf(
  { username, icon_emoji, icon_url }: Identity,
  broadcast = false,
): Pick<Message, 'subtype' | 'more'> {
  if (!username && !icon_emoji && !icon_url) return {}
  const icons = icon_emoji ? { emoji: withColons(icon_emoji) } : icon_url && { image_48: icon_url }
  const more = { bot_id: APP.bot, app_id: APP.id, username: username || APP.name, ...(icons && { icons }) }
  return broadcast ? { more } : { subtype: 'bot_message', more }
}

const withColons = (emoji: string): string => (/^[\w+'-]+$/.test(emoji) ? `:${emoji}:` : emoji)
