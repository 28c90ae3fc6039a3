import { createServer } from 'node:http'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { isWorthReading, readSlackFile } from '../../../src/slack/files/file-content.ts'
import { SlackFile } from '../../../src/slack/files/slack-file.ts'
import { createDownloadFile } from '../../../src/slack/web-api/download-file.ts'

const never = new AbortController().signal

/** Hands files out as Slack does, and writes down who asked with which token. */
async function startFiles() {
  const asked: { path: string; token: string | undefined }[] = []
  const server = createServer((request, response) => {
    asked.push({ path: request.url ?? '', token: request.headers.authorization })
    if (request.url === '/elsewhere') response.writeHead(302, { location: '/file' }).end()
    else if (request.url === '/gone') response.writeHead(404).end()
    else if (request.url === '/hangs') return
    else if (request.url === '/sign-in')
      response.writeHead(200, { 'content-type': 'text/html' }).end('<html>Sign in</html>')
    else if (request.url === '/vtt') response.writeHead(200).end('WEBVTT\n\n00:01 --> 00:02\nall of it\n')
    else if (request.url === '/pdf') response.writeHead(200).end('%PDF-1.7\n\u0000\u0001')
    else response.writeHead(200, { 'content-type': 'text/plain' }).end('x'.repeat(100))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = z.object({ port: z.number() }).parse(server.address())
  const url = `http://127.0.0.1:${port}`
  return {
    url,
    asked,
    download: createDownloadFile({ token: async () => 'xoxb-1', apiUrl: `${url}/api/` }),
    [Symbol.asyncDispose]: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

test('a file is read with the token, up to its size', async () => {
  await using files = await startFiles()
  const { bytes, type } = await files.download(`${files.url}/file`, 100, never)
  expect([bytes.length, type]).toEqual([100, 'text/plain'])
  expect(files.asked).toEqual([{ path: '/file', token: 'Bearer xoxb-1' }])
  await expect(files.download(`${files.url}/file`, 99, never)).rejects.toMatchObject({ code: 'limit_reached' })
  await expect(files.download(`${files.url}/gone`, 99, never)).rejects.toMatchObject({ code: 'slack_failed' })
})

test('the token goes to Slack alone, and nowhere by a redirect', async () => {
  await using files = await startFiles()
  await using other = await startFiles()
  for (const url of [
    `${other.url}/file`,
    'http://files.slack.com/a',
    'https://slack.com.example.org/a',
    'https://evilslack.com/a',
    'https://slack-gov.com.example.org/a',
    'https://evil-slack-gov.com/a',
  ])
    await expect(files.download(url, 100, never)).rejects.toThrow('not stored in Slack')
  await expect(files.download(`${files.url}/elsewhere`, 100, never)).rejects.toMatchObject({ code: 'slack_failed' })
  expect(other.asked).toEqual([])
  expect(files.asked.map(({ path }) => path)).toEqual(['/elsewhere'])
})

test.each(['files.slack.com', 'slack-files.com', 'a.slack-edge.com', 'files.slack-gov.com'])(
  'files at %s are Slack’s',
  async (host) => {
    await using files = await startFiles()
    const stopped = AbortSignal.abort()
    await expect(files.download(`https://${host}/a`, 100, stopped)).rejects.toThrow('Stopped.')
  },
)

test('a stop ends the reading', async () => {
  await using files = await startFiles()
  const abort = new AbortController()
  setTimeout(() => abort.abort(), 30)
  await expect(files.download(`${files.url}/hangs`, 100, abort.signal)).rejects.toMatchObject({ code: 'cancelled' })
})

test.each([
  ['a', 'application/octet-stream', true],
  ['a.docx', 'application/vnd.openxmlformats-officedocument.wordprocessingml.document', true],
  ['a.zip', '', true],
  ['a.ts', 'video/mp2t', true],
  ['a.mp4', 'video/mp4', false],
  ['a.mp3', 'audio/mpeg', false],
])('%s (%s) is worth reading: %s', (name, mimeType, worth) => {
  expect(isWorthReading({ name, mimeType })).toBe(worth)
})

const BEGINNING = { kind: 'text', text: 'the beg\n[Only the beginning can be read. Tell the person.]' }
const INSTEAD =
  'This is only what Slack shows of it. The file itself cannot be read: Slack did not hand over the file (404). Please upload it again.'
const said = (has_more: boolean) => ({ transcription: { preview: { content: 'the beg', has_more } } })

test.each<[string, Record<string, unknown>, object]>([
  ['a transcript', { ...said(true), vtt: '/vtt' }, { kind: 'text', text: 'all of it' }],
  ['a short transcript', { ...said(false), vtt: '/gone' }, { kind: 'text', text: 'the beg' }],
  ['a transcript that is gone', { ...said(true), vtt: '/gone' }, BEGINNING],
  ['a sign-in page for a transcript', { ...said(true), vtt: '/sign-in' }, BEGINNING],
  ['a text that is gone', { url_private: '/gone', preview: 'the beg' }, { ...BEGINNING, note: INSTEAD }],
  ['a document that is gone', { url_private: '/gone', converted_pdf: '/pdf' }, { kind: 'pdf' }],
  [
    'its picture gone, too',
    { url_private: '/gone', thumb_pdf: '/pdf', thumb_1024: '/gone' },
    { kind: 'pdf', note: INSTEAD },
  ],
])('of %s, what Slack hands over is read', async (_what, fields, content) => {
  await using files = await startFiles()
  const file = SlackFile.parse({ name: 'a.txt', ...fields })
  expect(await readSlackFile(file, (url) => files.download(`${files.url}${url}`, 1_000, never))).toMatchObject(content)
})

test('a file of which Slack hands nothing over is refused with the reason', async () => {
  await using files = await startFiles()
  const file = SlackFile.parse({ name: 'a.txt', url_private: '/gone', converted_pdf: '/gone' })
  const read = readSlackFile(file, (url) => files.download(`${files.url}${url}`, 1_000, never))
  await expect(read).rejects.toMatchObject({ code: 'slack_failed' })
})
