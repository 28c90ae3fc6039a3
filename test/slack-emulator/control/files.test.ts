import { expect, test } from 'vitest'
import { startStubApp } from '../../support/stub-app.ts'
import { controls, until } from '../emulator-with-bolt.ts'

const base64 = (text: string) => Buffer.from(text).toString('base64')

/** A message with one file, as the app hears of it, and what files.info tells. */
async function share(file: object) {
  const app = await startStubApp()
  const people = controls(app.slack)
  const files = [{ name: 'report.docx', data: base64('bytes'), ...file }]
  await people.act('upload', { as: 'member', channel: 'general', text: 'see', files })
  const event = Object((await until(() => app.heard[0])).event)
  const [shown] = event.files
  const info = await app.ask('files.info', { file: shown.id })
  const read = async (url: unknown) =>
    (await fetch(String(url), { headers: { authorization: `Bearer ${app.slack.botToken}` } })).text()
  return { shown, info, read, people, [Symbol.asyncDispose]: () => app[Symbol.asyncDispose]() }
}

const whole = { ok: true, file: { name: 'report.docx', size: 5, mode: 'hosted' } }

test.each([
  ['check_file_info', { mode: 'file_access', file_access: 'check_file_info' }, whole],
  ['access_denied', { mode: 'file_access', file_access: 'access_denied' }, { ok: false, error: 'file_not_found' }],
  ['tombstone', { mode: 'tombstone' }, { ok: false, error: 'file_deleted' }],
  ['hidden_by_limit', { mode: 'hidden_by_limit' }, { ok: true, file: { mode: 'hidden_by_limit' } }],
])('a file that is %s', async (stub, shown, info) => {
  await using sent = await share({ stub })
  expect(sent.shown).toMatchObject(shown)
  expect(sent.shown).not.toHaveProperty('name')
  expect(sent.shown).not.toHaveProperty('url_private')
  expect(sent.info).toMatchObject(info)
})

test('an external file says where it is, and has no bytes', async () => {
  const external_url = 'https://docs.example.com/d/1'
  await using sent = await share({ data: '', external_url, external_type: 'gdrive' })
  const expected = { mode: 'external', is_external: true, external_type: 'gdrive', external_url }
  expect(sent.shown).toMatchObject({ ...expected, url_private: external_url, size: 0 })
  expect(sent.shown).not.toHaveProperty('url_private_download')
})

test.each([
  ['application/pdf', 'converted_pdf'],
  ['image/jpeg', 'thumb_1024'],
])('what Slack made of a file as %s is at %s', async (mimeType, field) => {
  await using sent = await share({ converted: { mimeType, data: base64('made of it') } })
  expect(await sent.read(sent.shown[field])).toBe('made of it')
})

test('a clip has its transcript', async () => {
  const transcript = `${'well '.repeat(60)}ship it`
  await using sent = await share({ name: 'clip.m4a', mimeType: 'audio/mp4', transcript })
  const preview = { content: transcript.slice(0, 200), has_more: true }
  expect(sent.shown).toMatchObject({ subtype: 'slack_audio', transcription: { status: 'complete', preview } })
  expect(await sent.read(sent.shown.vtt)).toContain('ship it')
})

test('a snippet shows its first words, and any other field can be given', async () => {
  await using sent = await share({ name: 'a.py', preview: 'print(1)', more: { lines: 40 } })
  expect(sent.shown).toMatchObject({ mode: 'snippet', preview: 'print(1)', lines: 40 })
})
