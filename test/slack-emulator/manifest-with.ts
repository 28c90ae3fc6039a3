import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse, stringify } from 'yaml'
import { ROOT } from '../support/paths.ts'

type Changes = {
  /** Added to the scopes and events that the project's manifest has. */
  scopes?: string[]
  optional?: string[]
  events?: string[]
  functions?: Record<string, unknown>
  isForOrganizations?: boolean
}

/** The project's manifest with more than it has, as YAML. */
export function manifestWith({
  scopes = [],
  optional = [],
  events = [],
  functions,
  isForOrganizations = true,
}: Changes): string {
  const manifest = parse(readFileSync(join(ROOT, 'manifest.yml'), 'utf8'))
  const known: string[] = manifest.oauth_config.scopes.bot
  const heard: string[] = manifest.settings.event_subscriptions.bot_events
  const asked = [...scopes, ...optional]
  const bot = [...known.filter((scope) => !asked.includes(scope)), ...scopes]
  return stringify({
    ...manifest,
    ...(functions && { functions }),
    oauth_config: { ...manifest.oauth_config, scopes: { bot, bot_optional: optional } },
    settings: {
      ...manifest.settings,
      org_deploy_enabled: isForOrganizations,
      event_subscriptions: {
        ...manifest.settings.event_subscriptions,
        bot_events: [...new Set([...heard, ...events])],
      },
    },
  })
}

/** A step that asks an agent, as the app offers it to Workflow Builder. */
export const ASK_AGENT = {
  ask_agent: {
    title: 'Ask an agent',
    description: 'Gives a question to an agent and waits for the answer',
    input_parameters: {
      properties: {
        text: { type: 'string', title: 'Question' },
        user: { type: 'slack#/types/user_id', title: 'For whom' },
        channel: { type: 'slack#/types/channel_id', title: 'Where' },
      },
      required: ['text', 'user'],
    },
    output_parameters: {
      properties: { answer: { type: 'string', title: 'Answer' }, cost: { type: 'number', title: 'Cost' } },
      required: ['answer'],
    },
  },
}
