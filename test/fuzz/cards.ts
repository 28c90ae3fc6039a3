import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { parse, stringify } from 'yaml'
import { checkView } from '../../src/block-kit/check-view.ts'
import type { Card } from '../../src/cards/card.ts'
import { readCard, readCards } from '../../src/cards/read.ts'
import { createEntryCard } from '../../src/connect/catalog/connectable-cards.ts'
import { type ImportedRemote, readImport } from '../../src/connect/import/read-import.ts'
import { isAppError } from '../../src/errors.ts'
import { RegistryEntry } from '../../src/registry/entry.ts'
import { connectModal } from '../../src/slack/connections/connect-form.ts'
import { ROOT } from '../support/paths.ts'
import { createTarget, type FuzzTarget } from './target.ts'

const FOLDER = join(ROOT, 'run-cards')
const TEXTS = readdirSync(FOLDER)
  .filter((file) => file.endsWith('.yaml'))
  .map((file) => readFileSync(join(FOLDER, file), 'utf8'))
const LINES = [...new Set(TEXTS.flatMap((text) => text.split('\n')))]

const odd = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    [],
    {},
    0,
    -1,
    1e21,
    true,
    '',
    '{x}',
    '{__proto__}',
    '(a+)+$',
    '[',
    '\u0000',
    '\u202e',
    'x'.repeat(4_000),
    '../../etc/passwd',
    'http://127.0.0.1',
    'https://{x}@evil.example',
  ),
  fc.string({ unit: 'grapheme', maxLength: 30 }),
  fc.jsonValue({ maxDepth: 2 }),
)
const brokenLine = fc.constantFrom(
  '&a [*a, *a]',
  'a: &b [*b]',
  '<<: *x',
  '!!js/function x',
  '!!binary ====',
  '? [a]: b',
  '\t- a',
  '---',
  '...',
  '%YAML 9.9',
  'a: 2026-11-30',
  '__proto__: {a: 1}',
  '- - - - -',
)

/** A card of ours with a few lines exchanged, or with a few values that are none. */
const cardText = fc.oneof(
  fc
    .tuple(
      fc.constantFrom(...TEXTS),
      fc.array(
        fc.tuple(fc.nat(200), fc.nat(1), fc.oneof(fc.constantFrom(...LINES), brokenLine, fc.string({ maxLength: 40 }))),
        { minLength: 1, maxLength: 4 },
      ),
    )
    .map(([text, changes]) =>
      changes
        .reduce((lines, [at, gone, line]) => lines.toSpliced(at % lines.length, gone, line), text.split('\n'))
        .join('\n'),
    ),
  fc
    .tuple(fc.constantFrom(...TEXTS), fc.array(fc.tuple(fc.nat(60), odd), { minLength: 1, maxLength: 3 }))
    .map(([text, changes]) =>
      stringify(changes.reduce((value: unknown, [at, put]) => replaceAt(value, { left: at }, put), parse(text))),
    ),
  fc.jsonValue().map((value) => stringify(value)),
  fc.string({ unit: 'grapheme' }),
)

/** The value with another one in place of what is met at a count. */
function replaceAt(value: unknown, count: { left: number }, put: unknown): unknown {
  if (count.left-- === 0) return put
  if (Array.isArray(value)) return value.map((inner) => replaceAt(inner, count, put))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, replaceAt(inner, count, put)]))
}

/** A card's file is a card whose form Slack takes, or refused with the field at fault. */
export async function runCards(): Promise<FuzzTarget> {
  return createTarget(cardText, (text) => {
    try {
      expectForm(readCard(join(FOLDER, 'made-up.yaml'), text))
    } catch (error) {
      if (!isAppError(error, 'card_invalid')) throw error
    }
  })
}

function expectForm({ name, title, icon, category, description, docs, starters, inputs }: Card): void {
  const card = { name, title, icon, category, description, docs, starters, inputs }
  const view = connectModal({ cards: [card], card, name: 'made-up', values: {}, metadata: { more: true } })
  const problems = checkView(view)
  if (problems.length > 0) throw new Error(`Slack does not take its form: ${JSON.stringify(problems)}`)
}

const KEY = 'kq7Zr41xWm92TbLs08vd'
const address = fc
  .tuple(
    fc.constantFrom('https://', 'http://', 'ws://', 'file:///', 'javascript:', '', 'HTTPS://'),
    fc.constantFrom('', `u:${KEY}@`, `${KEY}@`),
    fc.constantFrom('a.example', '{host}', '127.0.0.1', '[::1]', `\${env:X}`, '<your-host>', 'ü.example', ''),
    fc.constantFrom(
      '',
      '/mcp',
      `/${KEY}/mcp`,
      `?key=${KEY}`,
      `?${KEY}`,
      '/{x}',
      `/{${KEY}}`,
      '?a=1&b',
      '#a',
      ':{port}',
      `/mcp?a=${KEY}&b=2`,
    ),
  )
  .map((parts) => parts.join(''))
const setting = fc.oneof(
  fc.constantFrom<unknown>(
    KEY,
    `Bearer ${KEY}`,
    `Basic ${KEY}`,
    `\${input:key}`,
    `$${KEY}`,
    `\${${KEY}}`,
    '<YOUR_KEY>',
    '',
    null,
    7,
    ['a'],
    {
      a: 'b',
    },
  ),
  fc.string({ unit: 'grapheme', maxLength: 20 }),
)
const server = fc.record(
  {
    type: fc.constantFrom('http', 'sse', 'stdio', 'remote', 7),
    url: fc.oneof(address, odd),
    httpUrl: address,
    serverUrl: address,
    headers: fc.oneof(
      fc.dictionary(
        fc.constantFrom('Authorization', 'X-Api-Key', 'Cookie', 'Host', 'a\r\nb', '', '__proto__', KEY),
        setting,
      ),
      odd,
    ),
    command: fc.oneof(fc.constantFrom('npx', 'sh', 'docker', 'uvx', 'mcp-remote', '/bin/sh -c "a"'), odd),
    args: fc.oneof(
      fc.array(
        fc.oneof(
          fc.constantFrom(
            '-y',
            'mcp-remote',
            '--header',
            `Authorization: Bearer ${KEY}`,
            '@modelcontextprotocol/server-memory',
            '-e',
            `KEY=${KEY}`,
          ),
          address,
        ),
        { maxLength: 5 },
      ),
      odd,
    ),
    env: fc.oneof(fc.dictionary(fc.constantFrom('KEY', 'PATH', '__proto__'), setting), odd),
    disabled: fc.oneof(fc.boolean(), odd),
  },
  { requiredKeys: [] },
)
const configuration = fc
  .tuple(
    fc.constantFrom('mcpServers', 'servers', 'context_servers', 'mcp_servers', 'mcp', 'x'),
    fc.dictionary(
      fc.oneof(
        fc.constantFrom('a', 'b c', '__proto__', '<!channel>', 'x'.repeat(300)),
        fc.string({ unit: 'grapheme', maxLength: 10 }),
      ),
      fc.oneof({ weight: 5, arbitrary: server }, { weight: 1, arbitrary: odd }),
      { maxKeys: 4 },
    ),
  )
  .map(([list, servers]) => JSON.stringify({ [list]: servers }, null, 1))
const frame = fc.constantFrom<(text: string) => string>(
  (text) => text,
  (text) => `see:\n\`\`\`json\n${text}\n\`\`\``,
  (text) => `// a comment\n${text},`,
  (text) => text.slice(1),
  (text) => text.slice(0, -3),
  (text) => `cursor://anysphere.cursor-deeplink/mcp/install?name=a&config=${Buffer.from(text).toString('base64')}`,
  (text) => `vscode:mcp/install?${encodeURIComponent(text)}`,
  (text) => `claude mcp add-json a '${text}'`,
)
const imported = fc.oneof(
  fc.tuple(configuration, frame).map(([text, around]) => around(text)),
  fc
    .tuple(
      fc.constantFrom(
        'claude mcp add --transport http a',
        'codex mcp add a --url',
        'gemini mcp add',
        'npx mcp-remote',
        'code --add-mcp',
        '[mcp_servers.a]\nurl =',
      ),
      address,
      fc.constantFrom('', ` --header "Authorization: Bearer ${KEY}"`, ` -e KEY=${KEY}`, ' "', " '", '\\'),
    )
    .map((parts) => parts.join(' ')),
  fc
    .tuple(fc.constantFrom('{', '[', '"a":', '```', "'", '\\', '[[a]]\n', 'a = "', '${', '<'), fc.nat(3_000))
    .map(([text, count]) => text.repeat(count)),
  fc.string({ unit: 'grapheme' }),
)

/** What people bring becomes a form that Slack takes, names no program of this machine, and keeps no key. */
export async function ownCards(): Promise<FuzzTarget> {
  const cards = readCards(FOLDER)
  return createTarget(imported, (text) => {
    const reading = readImport(text, cards)
    if (JSON.stringify(reading).includes(KEY)) throw new Error(`a key is kept: ${JSON.stringify(reading)}`)
    for (const one of 'servers' in reading ? reading.servers : []) if (one.kind === 'remote') expectRemote(one.remote)
  })
}

function expectRemote({ slug, ...remote }: ImportedRemote): void {
  const entry = RegistryEntry.parse({
    name: `~a1/${slug}`,
    version: '1',
    description: 'From your configuration',
    ...remote,
  })
  const card = createEntryCard(entry)
  if (card.server.kind !== 'http' || card.vouches) throw new Error('it is more than an address')
  expectForm(card)
}
