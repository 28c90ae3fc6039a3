import { expect, test } from 'vitest'
import { z } from 'zod'
import type { Seat } from '../support/person.ts'
import { says, wishes } from '../support/scripted-model.ts'
import { startWorld, type World } from '../support/world.ts'

type Sent = { name: string; data: string | Buffer; mimeType?: string }

async function send(seat: Seat, files: Sent[], more: { text?: string; channel?: string; thread_ts?: string } = {}) {
  const encoded = files.map((file) => ({ ...file, data: Buffer.from(file.data).toString('base64') }))
  const answer = await seat.post('upload', { channel: 'dm', ...more, files: encoded })
  const { ts } = z.object({ ts: z.string() }).parse(answer)
  return { channel: more.channel ?? 'dm', thread: more.thread_ts ?? ts }
}

const lastRequest = (world: World) => JSON.stringify(world.model.requests.at(-1)?.messages)
const partsOf = (world: World, at = -1) =>
  (world.model.requests.at(at)?.messages ?? []).flatMap(({ content }) => (typeof content === 'string' ? [] : content))

/** A real picture: one red dot. */
const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==',
  'base64',
)
const PDF = Buffer.from('%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF')

test('text, an image and a PDF reach the model as what they are', async () => {
  await using world = await startWorld({ model: [says('Three files seen.')] })
  const member = world.as('member')
  const where = await send(
    member,
    [
      { name: 'list.csv', data: 'name,age\nAda,36' },
      { name: 'dot.png', data: PNG, mimeType: 'image/png' },
      { name: 'paper.pdf', data: PDF, mimeType: 'application/pdf' },
    ],
    { text: 'what is in these?' },
  )
  await member.see(where, /Three files seen/)
  const parts = partsOf(world)
  expect(parts[0]).toMatchObject({ type: 'text', text: expect.stringMatching(/^\[Morgan Member, .*\]\nwhat is in these\?$/) })
  expect(parts).toContainEqual({ type: 'text', text: '<file name="list.csv">\nname,age\nAda,36\n</file>' })
  expect(parts).toContainEqual({
    type: 'image',
    source: { type: 'base64', media_type: 'image/png', data: PNG.toString('base64') },
  })
  expect(parts).toContainEqual(
    expect.objectContaining({
      type: 'document',
      title: 'paper.pdf',
      source: { type: 'base64', media_type: 'application/pdf', data: PDF.toString('base64') },
    }),
  )
})

test('bytes decide what a file is, and not its name or type', async () => {
  await using world = await startWorld({ model: [says('Seen.')] })
  const member = world.as('member')
  const where = await send(
    member,
    [
      { name: 'plain', data: 'plain words', mimeType: 'application/octet-stream' },
      { name: 'old.xls', data: '<table>rows</table>', mimeType: 'application/vnd.ms-excel' },
      { name: 'paper.txt', data: PDF, mimeType: 'text/plain' },
      { name: 'dot.JPG', data: PNG, mimeType: 'image/jpeg' },
      { name: 'dot.csv', data: PNG, mimeType: 'text/csv' },
      { name: 'words.png', data: 'words in a picture', mimeType: 'image/png' },
      { name: 'utf16.csv', data: Buffer.from('\ufeffGrüezi;1', 'utf16le'), mimeType: 'application/x-unknown' },
    ],
    { text: 'what are these?' },
  )
  await member.see(where, /Seen\./)
  const parts = partsOf(world)
  const texts = ['plain words', '<table>rows</table>', 'words in a picture', 'Grüezi;1']
  for (const text of texts)
    expect(parts).toContainEqual(expect.objectContaining({ type: 'text', text: expect.stringContaining(text) }))
  expect(parts).toContainEqual(expect.objectContaining({ type: 'document', title: 'paper.txt' }))
  const pictures = parts.filter(({ type }) => type === 'image')
  expect(pictures).toHaveLength(2)
  expect(JSON.stringify(pictures)).not.toContain('image/jpeg')
  expect(JSON.stringify(parts)).not.toContain('you cannot see it')
})

test('a file without words is a request too, and the thread keeps it, also after a restart', async () => {
  await using world = await startWorld({ model: [says('A list.'), says('Ada is 36.')] })
  const member = world.as('member')
  const where = await send(member, [{ name: 'list.csv', data: 'Ada,36' }])
  await member.see(where, /A list\./)
  await world.restart()
  await member.dm('how old is she?', where.thread)
  await member.see(where, /Ada is 36/)
  expect(lastRequest(world)).toContain('Ada,36')
})

test('what cannot be read is said to the model and to the person', async () => {
  await using world = await startWorld({ model: [says('I could read one of seven.')] })
  const member = world.as('member')
  const where = await send(
    member,
    [
      { name: 'fine.txt', data: 'fine words' },
      { name: 'all.zip', data: 'PK\u0003\u0004\u0014', mimeType: 'application/zip' },
      { name: 'film.mp4', data: 'x', mimeType: 'video/mp4' },
      { name: 'who.csv', data: Buffer.from('f9ece5ed20f2e5ece52e', 'hex'), mimeType: 'text/csv' },
      { name: 'bytes.txt', data: Buffer.from([0, 255, 254, 1]), mimeType: 'text/plain' },
      { name: 'big.txt', data: Buffer.alloc(10 * 1024 * 1024 + 1, 'a'), mimeType: 'text/plain' },
      { name: 'huge.png', data: Buffer.concat([PNG, Buffer.alloc(5_000_000)]), mimeType: 'image/png' },
    ],
    { text: 'read these' },
  )
  await member.see(where, /I could read one of seven/)
  const request = lastRequest(world)
  expect(request).toContain('fine words')
  for (const [name, why] of [
    ['all.zip', /of the type ZIP, and I can only read text, images .* and PDFs/],
    ['film.mp4', /only read text/],
    ['who.csv', /save it as UTF-8/],
    ['bytes.txt', /not look like text/],
    ['big.txt', /larger than the 10 MB/],
    ['huge.png', /larger than the 4 MB/],
  ] as const) {
    expect(request).toMatch(new RegExp(`File \\\\+"${name}\\\\+".{0,40}you cannot see it: .{0,200}`))
    const told = await member.see(where, new RegExp(`could not read ${name}`))
    expect(told).toMatchObject({ text: expect.stringMatching(why) })
  }
  expect(await world.as('owner').messages('general')).toEqual([])
})

test('long text is cut and said to be; of more than twenty files the rest is said', async () => {
  await using world = await startWorld({ model: [says('Much.')] })
  const member = world.as('member')
  const many = Array.from({ length: 22 }, (_, at) => ({ name: `f${at}.txt`, data: `file number ${at};` }))
  const where = await send(member, [{ name: 'long.log', data: 'x'.repeat(70_000) }, ...many], { text: 'look' })
  await member.see(where, /Much\./)
  await member.see(where, /the other 3 read/)
  const request = lastRequest(world)
  expect(request).toContain('these are the first 60000 of 70000 characters')
  expect(request).toContain('the other 3 read')
  expect(request).toContain('file number 18;')
  expect(request).not.toContain('file number 19;')
})

test('a file is fetched once, not at each turn; one that is gone is said', async () => {
  await using world = await startWorld({
    model: [wishes('filesystem__list_directory', { path: '.' }), says('Listed.'), says('Gone.')],
  })
  const member = world.as('member')
  await member.connect('filesystem')
  await member.post('faults', { method: 'files.info', delay: 1, times: 50 })
  const where = await send(member, [{ name: 'a.txt', data: 'kept words' }], { text: 'list my files' })
  await member.see(where, /Listed\./)
  expect(world.model.requests.slice(-2).every((one) => JSON.stringify(one).includes('kept words'))).toBe(true)
  const faults = await fetch(`${world.slackUrl}/local/faults`).then((answer) => answer.json())
  expect(faults).toMatchObject({ faults: [{ times: 49 }] })
  await member.post('clear-faults', {})
  await member.post('faults', { method: 'files.info', error: 'file_not_found' })
  const gone = await send(member, [{ name: 'b.txt', data: 'words' }], { text: 'and this?' })
  await member.see(gone, /Gone\./)
  await member.see(gone, /could not read b\.txt: it is gone from Slack/)
  expect(lastRequest(world)).toContain('it is gone from Slack')
})

test('a mention with a file in a channel, and a reply with one in its thread', async () => {
  await using world = await startWorld({ model: [says('First seen.'), says('Second seen.')] })
  const member = world.as('member')
  const place = { channel: 'general' }
  const where = await send(member, [{ name: 'a.md', data: '# first' }], { ...place, text: '@Patchbay what is this?' })
  await member.see(where, /First seen/)
  await send(member, [{ name: 'b.md', data: '# second' }], { ...place, thread_ts: where.thread })
  await member.see(where, /Second seen/)
  expect(lastRequest(world)).toContain('# second')
  expect(world.model.requests).toHaveLength(2)
})
