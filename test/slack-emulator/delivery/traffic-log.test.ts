import { expect, it } from 'vitest'
import { z } from 'zod'
import { startWorld, until } from '../emulator-with-bolt.ts'

const Exchange = z.looseObject({
  way: z.enum(['to_app', 'to_slack']),
  name: z.string(),
  verdict: z.string(),
  says: z.string(),
  at: z.number(),
  ms: z.number(),
})

async function exchanges(url: string) {
  const traffic: unknown = await (await fetch(`${url}/local/traffic`)).json()
  return z.object({ exchanges: z.array(Exchange) }).parse(traffic).exchanges
}

it.each(['http', 'socket'] as const)('shows each request in both directions, over %s', async (mode) => {
  await using world = await startWorld(mode, (app) => {
    app.command('/mcp', async ({ ack, respond }) => {
      await ack()
      await respond({ text: 'heard' })
    })
  })
  await world.act('command', { as: 'member', channel: 'general', text: 'help' })
  const words = 'name,age'
  await world.client.filesUploadV2({ channel_id: 'CGENERAL1', filename: 'list.csv', content: words })
  const file = await until(async () => (await world.messages('member', 'general')).flatMap((one) => one.files).at(0))
  await fetch(file.url, { headers: { authorization: `Bearer ${world.slack.botToken}` } })
  await fetch(file.url)
  const shown = await until(async () => {
    const all = await exchanges(world.slack.url)
    return ['response_url', 'message'].every((name) => all.some((one) => one.name === name)) && all
  })
  const lineOf = ({ way, name, says }: z.infer<typeof Exchange>) => `${way} ${name}: ${says}`
  expect(shown.map(lineOf)).toEqual(
    expect.arrayContaining([
      'to_app /mcp help: acknowledged',
      'to_slack response_url: ok',
      'to_slack files.getUploadURLExternal: ok',
      'to_slack upload_url: ok',
      'to_slack files.completeUploadExternal: ok',
      'to_app message: acknowledged',
      'to_slack url_private: ok',
      'to_slack url_private: a bearer token is needed',
    ]),
  )
  const named = (name: string) => shown.find((one) => one.name === name)
  expect(named('response_url')).toMatchObject({ request: { text: 'heard' }, answer: { status: 200, body: 'ok' } })
  expect(named('upload_url')).toMatchObject({ request: { name: 'list.csv', bytes: words.length }, verdict: 'ok' })
  expect(shown.every((one) => one.at > 0 && one.ms >= 0)).toBe(true)
  expect(JSON.stringify(shown)).not.toContain(world.slack.botToken)
})

it('names a delivery again by its number', async () => {
  await using slackOnly = await startWorld('http', () => undefined, { retryDelaysMs: [0, 0, 0] })
  slackOnly.slack.setAppUrls([`${slackOnly.slack.url}/nowhere`])
  await slackOnly.act('say', { as: 'member', channel: 'general', text: 'hello' })
  const names = await until(async () => {
    const all = (await exchanges(slackOnly.slack.url)).filter((one) => one.name.startsWith('message'))
    return all.length === 4 && all.map((one) => `${one.name}: ${one.says}`)
  })
  expect(names).toEqual([
    'message: http_error',
    'message · retry 1: http_error',
    'message · retry 2: http_error',
    'message · retry 3: http_error',
  ])
})
