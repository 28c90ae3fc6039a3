import { join } from 'node:path'
import fc from 'fast-check'
import { readCards } from '../../src/cards/read.ts'
import { createEntryCard } from '../../src/connect/catalog/connectable-cards.ts'
import { type ImportedRemote, readImport } from '../../src/connect/import/read-import.ts'
import { RegistryEntry } from '../../src/registry/entry.ts'
import { ROOT } from '../support/paths.ts'
import { expectForm, odd } from './cards.ts'
import { createTarget, type FuzzTarget } from './target.ts'

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
  const cards = readCards(join(ROOT, 'run-cards'))
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
