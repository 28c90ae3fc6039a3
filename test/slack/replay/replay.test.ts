import { beforeAll, expect, test } from 'vitest'
import { says } from '../../support/scripted-model.ts'
import { requestOf, type SlackPayload, slackPayloads, variantsOf } from '../../support/slack-payloads.ts'
import { startWorld, type World } from '../../support/world.ts'

/** So many at once keep an instance busy without one waiting for another's three seconds. */
const AT_ONCE = 8

const payloads = slackPayloads()
const files = Object.keys(payloads)

const things = new AsyncDisposableStack()
let world: World
let sent = 0

beforeAll(async () => {
  world = things.use(await startWorld())
  world.model.always(says('Fine.'))
  await world.as('owner').post('limits', { rate_limits: 'generous' })
  return () => things.disposeAsync()
}, 120_000)

/** Resolves to what went wrong: the app did not answer within 3 s, or not with 200. */
async function send(payload: SlackPayload): Promise<string | undefined> {
  sent += 1
  const request = requestOf(payload, `Ev${sent}`)
  return world
    .as('owner')
    .post('interact', request)
    .then(
      () => undefined,
      (error: unknown) => `${payload.name}: ${error}`,
    )
}

/** The app's own lines since, as Bolt writes one for each step it takes. */
const linesSince = (start: number): string[] =>
  world
    .log()
    .slice(start)
    .split('\n')
    .filter((line) => line !== '' && !line.includes('"from":"bolt"'))

const failures = (start: number): string[] =>
  world
    .log()
    .slice(start)
    .split('\n')
    .filter((line) => line.includes('"level":"error"'))

/** The app's own messages come back as events, too, so a line counts only with the id or a timestamp of the payload, or with none. */
function becameOf(lines: string[], { event = {} }: SlackPayload): string {
  if (lines.some((line) => /"msg":"(?:interaction ignored|an outsider was refused)"/.test(line))) return 'answered'
  const known = new Set([
    `Ev${sent}`,
    ...JSON.stringify(event)
      .matchAll(/"(?:ts|deleted_ts)":"([\d.]+)"/g)
      .map(([, ts]) => ts),
  ])
  const isOfPayload = (line: string) => {
    const named = /"(?:ts|id)":"([^"]+)"/.exec(line)?.[1]
    return named === undefined || known.has(named)
  }
  return lines.some((line) => /"why":".+"msg":"[a-z ]*ignored"/.test(line) && isOfPayload(line)) ? 'dropped' : 'heard'
}

test.each(files)('%s: each payload is acted on, or the log says why not', async (file) => {
  const start = world.log().length
  for (const payload of payloads[file] ?? []) {
    const before = world.log().length
    expect(await send(payload)).toBeUndefined()
    if (payload.means !== 'challenge')
      expect.soft([payload.name, becameOf(linesSince(before), payload)]).toEqual([payload.name, payload.means])
  }
  expect(failures(start)).toEqual([])
})

test.each(files)('%s: fields that are null or absent break nothing', async (file) => {
  const start = world.log().length
  const variants = variantsOf(payloads[file] ?? [])
  for (let at = 0; at < variants.length; at += AT_ONCE) {
    const answers = await Promise.all(variants.slice(at, at + AT_ONCE).map(send))
    expect.soft(answers.filter((answer) => answer !== undefined)).toEqual([])
  }
  expect(failures(start)).toEqual([])
})
