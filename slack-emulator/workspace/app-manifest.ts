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

const Parameter = z.object({
  type: z.string(),
  title: z.string().optional(),
  description: z.string().optional(),
  is_required: z.boolean().default(false),
})
/** Parameters by name, with the names of those that are needed; the older form marks each with `is_required`. */
const Parameters = z
  .union([
    z.object({ properties: z.record(z.string(), Parameter), required: z.array(z.string()).default([]) }),
    z.record(z.string(), Parameter),
  ])
  .transform((given): FunctionParameter[] => {
    const isNested = 'required' in given && Array.isArray(given.required)
    const all = z.record(z.string(), Parameter).parse(isNested ? given.properties : given)
    const needed = isNested ? z.array(z.string()).parse(given.required) : []
    return Object.entries(all).map(([name, one]) => ({
      ...one,
      name,
      is_required: one.is_required || needed.includes(name),
    }))
  })
const Functions = z.record(
  z.string(),
  z.object({
    title: z.string(),
    description: z.string().default(''),
    input_parameters: Parameters,
    output_parameters: Parameters,
  }),
)

/** What a step of Workflow Builder takes or gives (docs.slack.dev/workflows/creating-custom-steps). */
export type FunctionParameter = z.infer<typeof Parameter> & { name: string }
export type AppFunction = z.infer<typeof Functions>[string] & { callback_id: string }

const Manifest = z.object({
  functions: Functions.default({}),
  features: Features,
  oauth_config: z
    .object({
      scopes: z
        .object({ bot: z.array(z.string()).optional(), bot_optional: z.array(z.string()).default([]) })
        .prefault({}),
      redirect_urls: z.array(z.string()).default([]),
    })
    .prefault({}),
  settings: z
    .object({
      event_subscriptions: z.object({ bot_events: z.array(z.string()).default([]) }).optional(),
      org_deploy_enabled: z.boolean().default(false),
    })
    .optional(),
})

/** What Slack takes from the app's manifest. */
export type AppManifest = {
  features: Pick<z.infer<typeof Features>, 'slash_commands' | 'shortcuts'>
  /** The bot scopes that the app may ask for, optional ones too; undefined where there is no manifest to read. */
  botScopes: string[] | undefined
  /** Those among them that people may decline (docs.slack.dev/authentication/installing-with-oauth#optional-scopes). */
  optionalScopes: string[]
  /** The events that the app hears of; undefined where there is no manifest to read. */
  botEvents: string[] | undefined
  /** Whether the app has Slack's agent surface, the newer or the older; undefined where there is no manifest to read. */
  isAgent: boolean | undefined
  hasAgentView: boolean
  /** The steps it gives to Workflow Builder; none where the app is not ready for organizations, which Slack asks of them. */
  functions: AppFunction[]
  /** Where people may come back to after they installed the app. */
  redirectUrls: string[]
}

const MANIFEST = join(import.meta.dirname, '../../manifest.yml')

/** Reads a manifest, by default that of the project. */
export function readAppManifest(yaml = projectManifest()): AppManifest {
  const { features, oauth_config, settings, functions } = Manifest.parse(parse(yaml))
  const { agent_view, assistant_view, ...shown } = features
  const { bot, bot_optional } = oauth_config.scopes
  const hasAgentView = agent_view !== undefined
  return {
    features: shown,
    isAgent: settings && (hasAgentView || assistant_view !== undefined),
    hasAgentView,
    botScopes: bot && [...bot, ...bot_optional],
    optionalScopes: bot_optional,
    // A manifest with settings but without subscriptions means an app that hears nothing.
    botEvents: settings && (settings.event_subscriptions?.bot_events ?? []),
    functions: settings?.org_deploy_enabled
      ? Object.entries(functions).map(([callback_id, one]) => ({ ...one, callback_id }))
      : [],
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
