import { expect, test } from 'vitest'
import { type FileSource, nameFile } from '../../../src/run/files/file-name.ts'
import { jpeg, png } from '../../support/pictures.ts'

const bytesOf = (latin1: string) => Buffer.from(latin1, 'latin1')
const pdf = bytesOf('%PDF-1.7\n')
const zip = bytesOf('PK\x03\x04abc')
const sqlite = bytesOf('SQLite format 3\0')
const unknown = Buffer.from([1, 2, 3, 4])

type Given = Omit<FileSource, 'call'> & { tool?: string; args?: FileSource['call']['arguments'] }

test.each<[string, Given, Buffer | 'text']>([
  // What the server calls it.
  ['report.pdf', { uri: 'file:///a/report.pdf' }, pdf],
  ['my report.pdf', { uri: 'file:///a/my%20report.pdf?v=2#page=3' }, pdf],
  ['100%.pdf', { uri: 'file:///a/100%.pdf' }, pdf],
  ['plan.pdf', { uri: 'C:\\docs\\plan.pdf' }, pdf],
  ['own.pdf', { name: 'own.pdf', uri: 'a://b/7f3a' }, pdf],
  ['q3.pdf', { name: 'Third quarter', uri: 'a://b/q3.pdf' }, pdf],
  ['Third quarter.pdf', { name: 'Third quarter' }, pdf],
  ['insights.txt', { uri: 'memo://insights' }, 'text'],
  [`${'🙂'.repeat(50)}.pdf`, { name: '🙂'.repeat(51) }, pdf],
  [`${'a'.repeat(100)}.pdf`, { name: `${'a'.repeat(100)}z` }, pdf],
  [`${'🙂'.repeat(48)}.pdf`, { name: `${'🙂'.repeat(60)}.pdf` }, pdf],
  // What was asked for.
  ['photo.png', { args: { path: 'pictures/photo.png' } }, png()],
  ['notes.md', { tool: 'read_text_file', args: { path: '/home/a/notes.md', head: 5 } }, 'text'],
  ['LICENSE', { tool: 'readFile', args: { filePath: 'LICENSE' } }, 'text'],
  ['.env', { tool: 'read_file', args: { path: 'a/.env' } }, 'text'],
  ['b.csv', { tool: 'get', args: { options: { file_name: 'b.csv' } } }, 'text'],
  ['page.html', { tool: 'fetch', args: { url: 'https://x.example/docs/page.html?q=1' } }, 'text'],
  ['Budget.xlsx', { args: { files: ['Budget.xlsx'] } }, zip],
  // Nobody named one file.
  ['list_directory.txt', { tool: 'list_directory', args: { path: 'many' } }, 'text'],
  ['read_multiple_files.txt', { tool: 'read_multiple_files', args: { paths: ['a.txt', 'b.txt'] } }, 'text'],
  ['fetch.txt', { tool: 'fetch', args: { url: 'https://example.com' } }, 'text'],
  ['fetch.txt', { tool: 'fetch', args: { url: 'example.com' } }, 'text'],
  ['query.json', { tool: 'query', args: { sql: 'select * from a.b' }, mimeType: 'application/json' }, 'text'],
  ['take-a-shot.png', { tool: 'take a shot' }, png()],
  // The bytes know better than the name.
  ['c.pdf', { uri: 'a://b/c.csv', mimeType: 'text/csv' }, pdf],
  ['photo.png', { args: { path: 'photo.JPG' } }, png()],
  ['scan.jpeg', { uri: 'a://b/scan.jpeg' }, jpeg()],
  ['data.zip', { uri: 'a://b/data.txt' }, zip],
  ['data.sqlite', { uri: 'a://b/data.bin' }, sqlite],
  ['report.final.pdf', { uri: 'a://b/report.final' }, pdf],
  ['report.txt', { tool: 'read_pdf', args: { path: 'report.pdf' } }, 'text'],
  // The name knows better than the bytes.
  ['letter.docx', { uri: 'a://b/letter.docx' }, zip],
  ['app.db', { uri: 'a://b/app.db' }, sqlite],
  ['model.gguf', { uri: 'a://b/model.gguf' }, unknown],
  // Nobody knows.
  ['sound.mp3', { name: 'sound', mimeType: 'audio/mpeg' }, unknown],
  ['thing', { uri: 'a://b/thing', mimeType: 'application/octet-stream' }, unknown],
  // What is no name.
  ['a-b.txt', { name: 'a/b.txt' }, 'text'],
  ['-!channel-invoice-pdf.exe', { name: '<!channel>invoice.pdf.exe' }, unknown],
  ['jquery.min.js', { name: 'jquery.min.js' }, 'text'],
  ['gpj.exe.txt', { name: 'gpj.\u202eexe.txt' }, 'text'],
  ['tool.pdf', { name: '..', tool: 'tool' }, pdf],
  [`${'n'.repeat(96)}.pdf`, { name: `${'n'.repeat(300)}.pdf` }, pdf],
])('%s', async (name, { tool = 'tool', args = {}, ...said }, bytes) => {
  expect((await nameFile({ call: { tool, arguments: args }, ...said }, bytes)).name).toBe(name)
})
