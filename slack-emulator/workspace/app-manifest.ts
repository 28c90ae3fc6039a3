import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { z } from 'zod'
import { isRecord } from '../../src/block-kit/problem.ts'

const Features = z
  .object({
    agent_view: z.unknown().optional(),
    assistant_view: z.unknown().optional(),
    slash_commands: z
      .array(z.object({ command: z.string(), description: z.string(), usage_hint: z.string().default('') }))
      .default([]),
    shortcuts: z
      .array(
        z.object({
          name: z.string(),
          type: z.enum(['global', 'message']),
          callback_id: z.string(),
          description: z.string().default(''),
        }),
      )
      .default([]),
  })
  .default({ slash_commands: [], shortcuts: [] })

const Manifest = z.object({
  features: Features,
  oauth_config: z
    .object({
      scopes: z.object({ bot: z.array(z.string()).optional() }).default({}),
      redirect_urls: z.array(z.string()).default([]),
    })
    .default({ scopes: {}, redirect_urls: [] }),
  settings: z
    .object({ event_subscriptions: z.object({ bot_events: z.array(z.string()).default([]) }).optional() })
    .optional(),
})

/** What Slack takes from the app's manifest. */
export type AppManifest = {
  features: Pick<z.infer<typeof Features>, 'slash_commands' | 'shortcuts'>
  /** The bot scopes that the app may ask for; undefined where there is no manifest to read. */
  botScopes: string[] | undefined
  /** The events that the app hears of; undefined where there is no manifest to read. */
  botEvents: string[] | undefined
  /** Whether the app has Slack's agent surface, the newer or the older; undefined where there is no manifest to read. */
  isAgent: boolean | undefined
  hasAgentView: boolean
  /** Where people may come back to after they installed the app. */
  redirectUrls: string[]
}

const MANIFEST = join(import.meta.dirname, '../../manifest.yml')

/** Reads a manifest, by default that of the project. */
export function readAppManifest(yaml = projectManifest()): AppManifest {
  const { features, oauth_config, settings } = Manifest.parse(parse(yaml))
  const { agent_view, assistant_view, ...shown } = features
  const hasAgentView = agent_view !== undefined
  return {
    features: shown,
    isAgent: settings && (hasAgentView || assistant_view !== undefined),
    hasAgentView,
    botScopes: oauth_config.scopes.bot,
    // A manifest with settings but without subscriptions means an app that hears nothing.
    botEvents: settings && (settings.event_subscriptions?.bot_events ?? []),
    redirectUrls: oauth_config.redirect_urls,
  }
}

function projectManifest(): string {
  try {
    return readFileSync(MANIFEST, 'utf8')
  } catch (error) {
    // A container image without the manifest still runs; the page then offers no completions.
    if (isRecord(error) && error.code === 'ENOENT') return '{}'
    throw error
  }
}
