import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { z } from 'zod'
import { manifestFor } from '../scripts/manifest.ts'
import { readConfig } from '../src/config.ts'
import { ROOT } from './support/paths.ts'

const run = promisify(execFile)
const Hooks = z.record(z.string(), z.string())
const Sdk = z.object({ hooks: Hooks, config: z.looseObject({ 'protocol-version': z.array(z.string()).optional() }) })
const ours = Sdk.parse(JSON.parse(readFileSync(join(ROOT, '.slack', 'hooks.json'), 'utf8')))

/** As the CLI runs a hook: through a shell, in the project's folder, with what it adds behind the command. */
async function runHook(command: string, ...added: string[]): Promise<string> {
  const env = { PATH: process.env.PATH, HOME: process.env.HOME, npm_config_update_notifier: 'false' }
  return (await run('sh', ['-c', [command, ...added].join(' ')], { cwd: ROOT, env })).stdout
}

const MANIFEST = parse(manifestFor({ socket: true, noAgent: false, url: undefined }))

describe('the hooks of the Slack CLI', () => {
  test('are those of the SDK, with our own in place of two', async () => {
    const sdk = Sdk.parse(JSON.parse(await runHook(ours.hooks['get-hooks'] ?? '')))
    expect(Object.keys(sdk.hooks)).toEqual(expect.arrayContaining(['doctor', 'check-update', 'get-manifest', 'start']))
    expect(sdk.config['protocol-version']).toEqual(['message-boundaries'])
  }, 60_000)

  test.each([
    ['the default protocol', [], ''],
    ['message boundaries', ['--protocol=message-boundaries', '--boundary=b0undary'], 'b0undary'],
  ])(
    'print the manifest for Socket Mode, by %s',
    async (_, added, boundary) => {
      const printed = (await runHook(ours.hooks['get-manifest'] ?? '', ...added)).trim()
      expect(printed.startsWith(boundary) && printed.endsWith(boundary)).toBe(true)
      expect(JSON.parse(printed.slice(boundary.length, printed.length - boundary.length))).toEqual(MANIFEST)
    },
    60_000,
  )

  test('start the app', () => {
    expect(ours.hooks.start).toBe('npm start')
  })
})

test.each([
  ['alone', {}],
  ['and not with those in .env', { SLACK_BOT_TOKEN: 'xoxb-env', SLACK_APP_TOKEN: 'xapp-env' }],
])('the app runs with the tokens that the CLI gives, %s', (_, env) => {
  const { slack } = readConfig({ ...env, SLACK_CLI_XOXB: 'xoxb-cli', SLACK_CLI_XAPP: 'xapp-cli' })
  expect(slack).toMatchObject({ botToken: 'xoxb-cli', appToken: 'xapp-cli' })
})
