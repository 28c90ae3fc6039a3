import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { z } from 'zod'
import { isRecord } from '../../src/block-kit/problem.ts'

const Manifest = z.object({
  features: z
    .object({
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
    .default({ slash_commands: [], shortcuts: [] }),
  oauth_config: z.object({ scopes: z.object({ bot: z.array(z.string()).optional() }).optional() }).optional(),
})

const MANIFEST = join(import.meta.dirname, '../../manifest.yml')

/** Reads the app's commands and shortcuts from its manifest, as Slack does. */
export function readAppManifest(file = MANIFEST): z.infer<typeof Manifest>['features'] {
  return Manifest.parse(parse(manifestText(file))).features
}

/** Reads the bot scopes that the app may ask for; undefined if its manifest names none. */
export function readBotScopes(file = MANIFEST): string[] | undefined {
  return Manifest.parse(parse(manifestText(file))).oauth_config?.scopes?.bot
}

function manifestText(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    // A container image without the manifest still runs; the page then offers no completions.
    if (isRecord(error) && error.code === 'ENOENT') return '{}'
    throw error
  }
}
