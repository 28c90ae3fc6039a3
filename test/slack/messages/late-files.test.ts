import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { eventually } from '../../support/eventually.ts'
import type { Seat } from '../../support/person.ts'
import { rowsIn } from '../../support/rows.ts'
import { type Script, says } from '../../support/scripted-model.ts'
import { startWorld, type World } from '../../support/world.ts'

type Sent = { name: string; data?: string | Buffer; mimeType?: string } & Record<string, unknown>

async function send(seat: Seat, file: Sent, text: string, channel = 'general') {
  const data = Buffer.from(file.data ?? 'x').toString('base64')
  const { ts } = z
    .object({ ts: z.string() })
    .parse(await seat.post('upload', { channel, text, files: [{ ...file, data }] }))
  return { channel, thread: ts }
}
const lastRequest = (world: World) => JSON.stringify(world.model.requests.at(-1)?.messages)

/** Looks for the file in the request, as a model would, and takes its time. */
const looksForFile: Script = async (request) => {
  await sleep(2_500)
  return says(JSON.stringify(request.messages).includes('Ada,36') ? 'Ada is 36.' : 'I see no file.')
}

test.each([
  ['message', 'app_mention', 1],
  ['app_mention', 'message', 1],
  ['message', 'app_mention', 800],
  ['app_mention', 'message', 800],
])('the files that only %s brings are read, with %s first and %d ms before', async (held, bare, ms) => {
  await using world = await startWorld({ model: [looksForFile, looksForFile] })
  const member = world.as('member')
  await member.post('event-shape', { hold: { type: held, ms }, without_files: [bare] })
  const where = await send(member, { name: 'list.csv', data: 'Ada,36' }, '@Patchbay how old is she?')
  await member.see(where, /Ada is 36/, 30_000)
  expect(lastRequest(world)).toContain('Ada,36')
  const all = JSON.stringify(await member.messages(where.channel, where.thread))
  expect(all).not.toContain('I see no file')
})

test('the files that another instance is told of are read by the one that works', async () => {
  const looks: Script = async (request) => {
    await sleep(500)
    const sees = JSON.stringify(request.messages).includes('ages.csv')
    if (!sees) await rowsIn(world, ADDS_FILE)
    return says(sees ? 'There is a file.' : 'I see no file.')
  }
  await using world = await startWorld({ model: [looks, looks] })
  const member = world.as('member')
  const here = await member.mention('how old is she?')
  await member.see(here, /There is a file/)
  expect(world.model.requests).toHaveLength(2)
  expect(JSON.stringify(await member.messages('general', here.thread))).not.toContain('I see no file')
})

/** What the other event of a mention does where another process takes it. */
const ADDS_FILE = `select run_add_files(workspace_id, id, jsonb_build_object('type', 'files_added', 'at', '2026-11-28T10:00:00.000Z',
  'files', '[{"id": "F1", "name": "ages.csv", "mimeType": "text/csv", "size": 6}]'::jsonb)) from runs`

test('files that come after the answer ask again, once', async () => {
  await using world = await startWorld({ model: [says('I see no file.'), says('Ada is 36.')] })
  const member = world.as('member')
  await member.post('event-shape', { hold: { type: 'message', ms: 3_000 }, without_files: ['app_mention'] })
  const where = await send(member, { name: 'list.csv', data: 'Ada,36' }, '@Patchbay how old is she?')
  await member.see(where, /I see no file/)
  await member.see(where, /Ada is 36/, 30_000)
  await member.post('redeliver', { ts: where.thread })
  await sleep(1_500)
  expect(world.model.requests).toHaveLength(2)
})

test.each<[what: string, file: Sent, told: RegExp]>([
  [
    'a stub of a shared channel',
    { name: 'plan.txt', data: 'the secret plan', stub: 'check_file_info' },
    /the secret plan/,
  ],
  ['a clip', { name: 'clip.m4a', mimeType: 'audio/mp4', transcript: 'buy some milk' }, /buy some milk/],
  [
    'a long clip',
    { name: 'clip.m4a', mimeType: 'audio/mp4', transcript: `${'words '.repeat(60)}at the end` },
    /at the end/,
  ],
  [
    'an e-mail',
    { name: 'mail.eml', more: { mode: 'email', subject: 'Hi there', plain_text: 'come at noon' } },
    /Hi there.*come at noon/,
  ],
  [
    'a post',
    { name: 'post', more: { mode: 'post', preview: 'words of a post', preview_is_truncated: true } },
    /words of a post.*Only the beginning/,
  ],
  [
    'a document with a PDF',
    {
      name: 'a.docx',
      data: Buffer.from('PK\u0003\u0004\u0014'),
      converted: { mimeType: 'application/pdf', data: Buffer.from('%PDF-1.4\n%%EOF').toString('base64') },
    },
    /application\/pdf/,
  ],
  [
    'a linked file with a preview',
    { name: 'Plan', external_url: 'https://docs.google.com/x', more: { preview: 'first words' } },
    /Google Drive.*first words/,
  ],
  [
    'a description',
    {
      name: 'a.txt',
      data: 'some text',
      more: { alt_txt: 'a described thing', initial_comment: { comment: 'look at this' } },
    },
    /a described thing.*look at this.*some text/,
  ],
])('%s is read', async (_what, file, told) => {
  await using world = await startWorld({ model: [says('Seen.')] })
  const member = world.as('member')
  await member.post('event-shape', { nulls: true })
  const where = await send(member, file, 'what is it?', 'dm')
  await member.see(where, /Seen\./)
  expect(lastRequest(world)).toMatch(told)
  expect(lastRequest(world)).not.toContain('you cannot see it')
})

test.each<[what: string, file: Sent, why: RegExp]>([
  ['a deleted file', { name: 'a.txt', stub: 'tombstone' }, /deleted from Slack/],
  ['a hidden file', { name: 'a.txt', stub: 'hidden_by_limit' }, /over the limit of its plan; please upload it again/],
  ['a file of others', { name: 'a.txt', stub: 'access_denied' }, /conversation that I am not in; please upload a copy/],
  [
    'a linked file',
    { name: 'Plan', external_url: 'https://docs.google.com/x' },
    /Google Drive \(https:\/\/docs\.google\.com\/x\).*upload a copy here/,
  ],
  [
    'a clip in work',
    { name: 'c.m4a', mimeType: 'audio/mp4', more: { transcription: { status: 'processing' } } },
    /still writing down/,
  ],
  ['a canvas', { name: 'c', more: { mode: 'canvas', filetype: 'quip' } }, /copy them into a message/],
])('%s is not read, and what would help is said once', async (_what, file, why) => {
  await using world = await startWorld({ model: [says('Not seen.')] })
  const member = world.as('member')
  const where = await send(member, file, '@Patchbay what is it?')
  await member.see(where, /Not seen\./)
  await member.see(where, why)
  expect(lastRequest(world)).toMatch(why)
  await eventually(async () => {
    const all = await member.messages(where.channel, where.thread)
    expect(all.filter(({ text }) => /I could not read/.test(text))).toHaveLength(1)
  })
})
