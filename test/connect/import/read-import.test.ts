import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { readCards } from '../../../src/cards/read.ts'
import { type ImportedServer, readImport } from '../../../src/connect/import/read-import.ts'
import { ROOT } from '../../support/paths.ts'

const cards = readCards(join(ROOT, 'run-cards'))

/** A key that stands in every input where a client would keep one; it may be in nothing that is read. */
const KEY = 'kq7Zr41xWm92TbLs08vd'

function read(text: string): ImportedServer[] {
  const reading = readImport(text, cards)
  expect(JSON.stringify(reading)).not.toContain(KEY)
  return 'servers' in reading ? reading.servers : expect.fail(reading.problem)
}

/** One line for each server: what becomes of it. */
const summaryOf = (text: string): string[] => read(text).map(lineOf)

function lineOf(server: ImportedServer): string {
  const name = `${server.called}${server.folder ? ` in ${server.folder}` : ''}${server.off ? ' (off)' : ''}`
  switch (server.kind) {
    case 'card':
      return `${name}: card ${server.card}`
    case 'refused':
      return `${name}: no. ${server.why}`
    case 'remote': {
      const headers = Object.entries(server.remote.headers).map(([header, value]) => `${header}=${value}`)
      return [`${name}: ${server.remote.url}`, ...headers].join(' ')
    }
    default:
      return server satisfies never
  }
}

/** A dollar sign, so that a reference in a file stays one. */
const D = '$'

const json = (value: unknown) => JSON.stringify(value, null, 2)
const base64 = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64')

const heath = { url: 'https://mcp.heath.example/mcp' }
const keyed = { ...heath, headers: { Authorization: `Bearer ${KEY}` } }

describe.each([
  ['Claude Desktop', json({ mcpServers: { heath: keyed } })],
  ['Claude Code', json({ mcpServers: { heath: { type: 'http', ...keyed } } })],
  ['VS Code', json({ servers: { heath: { type: 'http', ...keyed } }, inputs: [] })],
  ['settings of VS Code', json({ 'editor.tabSize': 2, mcp: { servers: { heath: keyed } } })],
  ['a dev container', json({ customizations: { vscode: { mcp: { servers: { heath: keyed } } } } })],
  ['Windsurf', json({ mcpServers: { heath: { serverUrl: heath.url, headers: keyed.headers } } })],
  ['Cline', json({ mcpServers: { heath: { ...keyed, disabled: false, alwaysAllow: ['look'] } } })],
  ['Zed', json({ context_servers: { heath: { source: 'custom', enabled: true, ...keyed } } })],
  ['Gemini', json({ theme: 'dark', mcpServers: { heath: { httpUrl: heath.url, headers: keyed.headers } } })],
  ['opencode', json({ $schema: 'x', mcp: { heath: { type: 'remote', enabled: true, ...keyed } } })],
  ['a key with a dot', json({ 'amp.mcpServers': { heath: keyed } })],
  ['a list', json({ mcpServers: [{ name: 'heath', ...keyed }] })],
  [
    "a request to a model's API",
    json({ mcp_servers: [{ type: 'url', name: 'heath', ...heath, authorization_token: KEY }] }),
  ],
  [
    'tools of an API',
    json({ tools: [{ type: 'mcp', server_label: 'heath', server_url: heath.url, authorization: KEY }] }),
  ],
  ['Codex', `model = "x"\n[mcp_servers.heath]\nurl = "${heath.url}"\nbearer_token_env_var = "HEATH_TOKEN"\n`],
  [
    'Codex with headers',
    `[mcp_servers.heath]\nurl = "${heath.url}"\nhttp_headers = { "Authorization" = "Bearer ${KEY}" }`,
  ],
  ['without a wrapper', json({ heath: keyed })],
  ['half a file', `"heath": ${json(keyed)}`],
  ['half a file with a comma', `"heath": ${json(keyed)},`],
  ['half a file with its last brace', `"mcpServers": { "heath": ${json(keyed)} } }`],
  [
    'a fence with prose',
    `Put this into your file:\n\`\`\`json\n${json({ mcpServers: { heath: keyed } })}\n\`\`\`\nThen {restart} it.`,
  ],
  ['prose without a fence', `Add this: ${json({ mcpServers: { heath: keyed } })} and restart.`],
  [
    'a fenced TOML',
    `Codex:\n\`\`\`toml\n[mcp_servers.heath]\nurl = "${heath.url}"\nbearer_token_env_var = "X"\n\`\`\``,
  ],
  [
    'comments and commas at the end',
    `{ // mine\n "mcpServers": { /* work */ "heath": { "url": "${heath.url}", "headers": { "Authorization": "Bearer ${KEY}", }, }, }, }`,
  ],
  ['a byte order mark', `\ufeff${json({ mcpServers: { heath: keyed } })}`],
  ['a transport object', json({ mcpServers: { heath: { transport: { type: 'streamable_http', ...keyed } } } })],
  ['a named transport', json({ mcpServers: { heath: { transport: 'sse', ...keyed } } })],
  ['requestInit', json({ mcpServers: { heath: { ...heath, requestInit: { headers: keyed.headers } } } })],
  [
    'Cherry Studio',
    json({
      mcpServers: {
        x1y2: { name: 'heath', isActive: true, type: 'streamableHttp', baseUrl: heath.url, headers: keyed.headers },
      },
    }),
  ],
  [
    'mcp-remote',
    json({
      mcpServers: {
        heath: {
          command: 'npx',
          args: ['-y', 'mcp-remote@latest', heath.url, '--header', `Authorization: Bearer ${KEY}`],
        },
      },
    }),
  ],
  [
    'mcp-remote with a variable',
    json({
      mcpServers: {
        heath: {
          command: 'npx',
          args: ['mcp-remote', heath.url, '--header', `Authorization:${D}{AUTH}`],
          env: { AUTH: `Bearer ${KEY}` },
        },
      },
    }),
  ],
  ['a vscode link', `vscode:mcp/install?${encodeURIComponent(JSON.stringify({ name: 'heath', ...keyed }))}`],
  [
    'a redirect of VS Code',
    `https://insiders.vscode.dev/redirect/mcp/install?name=heath&config=${encodeURIComponent(JSON.stringify(keyed))}`,
  ],
  [
    'a redirect with an address',
    `https://vscode.dev/redirect?url=${encodeURIComponent(`vscode:mcp/install?${encodeURIComponent(JSON.stringify({ name: 'heath', ...keyed }))}`)}`,
  ],
  [
    'a Cursor link',
    `cursor://anysphere.cursor-deeplink/mcp/install?name=heath&config=${encodeURIComponent(base64(keyed))}`,
  ],
  [
    'a Cursor link without padding',
    `cursor://anysphere.cursor-deeplink/mcp/install?name=heath&config=${base64(keyed).replace(/=+$/, '')}`,
  ],
  [
    'a Cursor link in URL-safe base64',
    `cursor://anysphere.cursor-deeplink/mcp/install?name=heath&config=${Buffer.from(JSON.stringify(keyed)).toString('base64url')}`,
  ],
  ['a Cursor page', `[Add](https://cursor.com/en/install-mcp?name=heath&config=${encodeURIComponent(base64(keyed))})`],
  ['claude mcp add', `claude mcp add --transport http heath ${heath.url} --header "Authorization: Bearer ${KEY}"`],
  [
    'claude mcp add, options first',
    `$ claude mcp add -s user -t http -H 'Authorization: Bearer ${KEY}' heath ${heath.url}`,
  ],
  [
    'claude mcp add over two lines',
    `claude mcp add --transport http heath \\\n  ${heath.url} \\\n  --header="Authorization: Bearer ${KEY}"`,
  ],
  ['claude mcp add-json', `claude mcp add-json heath '${JSON.stringify({ type: 'http', ...keyed })}'`],
  ['codex mcp add', `codex mcp add heath --url ${heath.url} --bearer-token-env-var HEATH_TOKEN`],
  ['gemini mcp add', `gemini mcp add --transport http heath ${heath.url} --header "Authorization: Bearer ${KEY}"`],
  ['code --add-mcp', `code --add-mcp '${JSON.stringify({ name: 'heath', ...keyed })}'`],
])('a key in the header of %s', (_client, text) => {
  test('is asked for, and not kept', () => {
    expect(summaryOf(text)).toEqual(['heath: https://mcp.heath.example/mcp Authorization=Bearer {value1}'])
    const [server] = read(text)
    expect(server?.kind === 'remote' && server.remote).toMatchObject({
      slug: 'heath',
      inputs: [{ name: 'value1', secret: true, required: true }],
    })
  })
})

test.each([
  ['an address alone', 'https://mcp.heath.example/mcp', ['mcp.heath.example: https://mcp.heath.example/mcp']],
  ['npx add-mcp', 'npx add-mcp https://mcp.heath.example/mcp', ['mcp.heath.example: https://mcp.heath.example/mcp']],
  ['one server without a name', json(heath), ['mcp.heath.example: https://mcp.heath.example/mcp']],
  [
    'a header that is no secret',
    json({ fen: { ...heath, headers: { 'X-Team': 'docks' } } }),
    ['fen: https://mcp.heath.example/mcp X-Team=docks'],
  ],
  [
    'a key or a password under a plain name',
    json({ fen: { ...heath, headers: { 'X-Fen': KEY, 'X-Moor': 'hunter2hunter' } } }),
    ['fen: https://mcp.heath.example/mcp X-Fen={value1} X-Moor={value2}'],
  ],
  [
    'a gap',
    json({ fen: { ...heath, headers: { 'X-Fen': '<your team>', 'X-Moor': 'YOUR_KEY', 'X-Bog': 'xxxxxxxx' } } }),
    ['fen: https://mcp.heath.example/mcp X-Fen={value1} X-Moor={value2} X-Bog={value3}'],
  ],
  [
    'references',
    json({
      fen: {
        ...heath,
        headers: { A: `${D}{X}`, B: `${D}{env:X}`, C: `${D}{input:x}`, D: '{env:X}', E: '$X', F: `${D}{X:-docks}` },
      },
    }),
    ['fen: https://mcp.heath.example/mcp A={value1} B={value2} C={value3} D={value4} E={value5} F={value6}'],
  ],
  [
    "headers of the protocol's own",
    json({ fen: { ...heath, headers: { Accept: 'text/event-stream', 'Content-Type': 'application/json' } } }),
    ['fen: https://mcp.heath.example/mcp'],
  ],
  [
    'an open part of the address',
    json({ fen: { url: `https://${D}{HOST}/mcp/<your-team>` } }),
    ['fen: https://{part1}/mcp/{part2}'],
  ],
  [
    'a key among the parameters, with and without a name',
    json({ fen: { url: `https://fen.example/mcp?team=docks&api_key=${KEY}&${KEY}=1&${KEY}` } }),
    ['fen: https://fen.example/mcp?team=docks'],
  ],
  [
    'a name and password',
    json({ fen: { url: `https://bob:${KEY}@fen.example/mcp` } }),
    ['fen: https://fen.example/mcp'],
  ],
  [
    'switched off',
    json({
      mcpServers: { fen: { ...heath, disabled: true }, bog: { url: 'https://bog.example/sse', enabled: false } },
    }),
    ['fen (off): https://mcp.heath.example/mcp', 'bog (off): https://bog.example/sse'],
  ],
  [
    'switched off in Cherry Studio',
    json({ mcpServers: { a: { name: 'Reed Search', isActive: false, baseUrl: heath.url } } }),
    ['Reed Search (off): https://mcp.heath.example/mcp'],
  ],
  [
    'projects',
    json({
      userID: KEY,
      history: [KEY],
      mcpServers: { fen: heath },
      projects: { '/home/ada/docks': { mcpServers: { bog: { url: 'https://bog.example/mcp' }, fen: heath } } },
    }),
    ['fen: https://mcp.heath.example/mcp', 'bog in docks: https://bog.example/mcp'],
  ],
])('%s', (_what, text, expected) => {
  expect(summaryOf(text)).toEqual(expected)
})

test.each([
  [
    'npx',
    { command: 'npx', args: ['-y', 'moor-mcp@1.2.0', '--token', KEY] },
    'It starts moor-mcp with npx on your own computer,',
  ],
  ['uvx', { command: 'uvx', args: ['moor-mcp'] }, 'It starts moor-mcp with uvx on your own computer,'],
  [
    'docker',
    { command: 'docker', args: ['run', '-i', '--rm', '-e', `TOKEN=${KEY}`, 'moor/mcp:latest'] },
    'It starts moor/mcp with docker on your own computer,',
  ],
  ['a path', { command: `/home/${KEY}/bin/moor`, args: [KEY] }, 'It starts the program moor on your own computer,'],
  [
    'a shell',
    { command: 'cmd', args: ['/c', 'npx', '-y', 'moor-mcp'] },
    'It starts moor-mcp with npx on your own computer,',
  ],
  ['a list', { type: 'local', command: ['bun', 'x', 'moor-mcp'] }, 'It starts moor-mcp with bun on your own computer,'],
  ['an object', { command: { path: 'node', args: [KEY] } }, 'It starts the program node on your own computer,'],
  ['nothing', { type: 'http' }, 'It names neither an address nor a program.'],
  ['another protocol', { url: 'ws://fen.example/mcp' }, 'It is no web address: ws:'],
  ['a key in the path', { url: `https://fen.example/s/${KEY}/mcp` }, 'Its address holds what looks like a key'],
])('a server that is %s is refused with the reason', (_what, server, why) => {
  expect(summaryOf(json({ mcpServers: { moor: server } }))[0]).toContain(`moor: no. ${why}`)
})

test.each([
  ['github', { command: 'npx', args: ['-y', '@modelcontextprotocol/server-github'], env: { GITHUB_TOKEN: KEY } }],
  ['github', { command: 'docker', args: ['run', '-i', '--rm', '-e', 'X', 'ghcr.io/github/github-mcp-server'] }],
  ['github', { url: 'https://api.githubcopilot.com/mcp', headers: { Authorization: KEY } }],
  ['memory', { command: 'npx', args: ['-y', '@modelcontextprotocol/server-memory'] }],
  ['filesystem', { command: 'npx', args: ['-y', '@modelcontextprotocol/server-filesystem', '/home/ada'] }],
  ['notion', { command: 'npx', args: ['-y', 'mcp-remote', 'https://mcp.notion.com/sse'] }],
  ['postgres', { command: 'npx', args: ['@bytebase/dbhub', '--dsn', `postgres://u:${KEY}@h/d`] }],
  ['mysql', { command: 'npx', args: ['@bytebase/dbhub'], env: { DSN: `mysql://u:${KEY}@h/d` } }],
  ['linear', { url: 'https://mcp.linear.app/sse' }],
])('what our own card %s does becomes that card', (card, server) => {
  expect(summaryOf(json({ mcpServers: { mine: server } }))).toEqual([`mine: card ${card}`])
})

test.each([
  ['nothing', '', /cannot read this/],
  ['prose', `please connect ${KEY} for me`, /cannot read this/],
  [
    'a cut file',
    `{ "mcpServers": { "fen": { "url": "https://fen.example", "headers": { "Authorization": "${KEY}`,
    /cannot read this/,
  ],
  ['TOML with a fault', `[mcp_servers.fen]\nurl = ${KEY}"`, /cannot read this/],
  ['a file of something else', json({ name: 'app', version: '1.0.0', secret: KEY }), /no MCP server in it/],
  ['an empty list', json({ mcpServers: {} }), /no MCP server in it/],
  [
    'a link that is cut',
    `cursor://anysphere.cursor-deeplink/mcp/install?name=fen&config=eyJ1c${KEY}`,
    /cannot decode this install link/,
  ],
])('%s says what to do, and repeats none of it', (_what, text, why) => {
  const reading = readImport(text, cards)
  expect(reading).toEqual({ problem: expect.stringMatching(why) })
  expect(JSON.stringify(reading)).not.toContain(KEY)
})

test('names become ours, each different, and what it was called stays', () => {
  const text = json({
    mcpServers: {
      'Reed Search (été)': heath,
      'reed search ete': { url: 'https://b.example' },
      日本: { url: 'https://c.example' },
      [`${'x'.repeat(40)}`]: { url: 'https://d.example' },
    },
  })
  const servers = read(text)
  expect(servers.map((one) => one.kind === 'remote' && one.remote.slug)).toEqual([
    'reed-search-ete',
    'reed-search-ete-2',
    'server',
    'x'.repeat(32),
  ])
  expect(servers[0]?.called).toBe('Reed Search (été)')
})

test('what a file says of an input is its hint, and its reference is its label', () => {
  const text = json({
    inputs: [{ type: 'promptString', id: 'fen-key', description: 'Key of your fen account', password: true }],
    servers: { fen: { ...heath, headers: { 'X-Fen': `${D}{input:fen-key}` } } },
  })
  const [server] = read(text)
  expect(server?.kind === 'remote' && server.remote.inputs).toEqual([
    { name: 'value1', label: 'Fen key', hint: 'Key of your fen account. Sent as X-Fen.', secret: true, required: true },
  ])
})

test.each<[string, object]>([
  ['behind three slashes', { url: `https:///${KEY}/mcp` }],
  ['as the name of a header', { ...heath, headers: { [KEY]: 'x' } }],
  ['as the name of a reference', { ...heath, headers: { Authorization: `${D}{${KEY}}` } }],
  ['behind a dollar sign', { ...heath, headers: { 'X-Fen': `${D}${KEY}` } }],
  ['as an open part of the address', { url: `https://fen.example/{${KEY}}` }],
])('a key %s is not kept', (_, server) => {
  expect(read(json({ mcpServers: { fen: server } }))).toHaveLength(1)
})

test('what was left out is named', () => {
  const [server] = read(
    json({ fen: { url: `https://fen.example/mcp?token=${KEY}`, headers: { Cookie: KEY, 'X-Team': 'docks' } } }),
  )
  expect(server?.leftOut).toEqual(['token', 'Cookie'])
})

test.each([
  [['-y', '@modelcontextprotocol/server-filesystem', '/Users/ada/Desktop'], ['arguments']],
  [['-y', '@modelcontextprotocol/server-filesystem@2026.1.14', '/tmp'], ['arguments']],
  [['-y', '@supabase/mcp-server-supabase', '--access-token', KEY], ['arguments']],
  [['-y', '@modelcontextprotocol/server-memory'], []],
])('what a known package was given is named as left out: %j', (args, leftOut) => {
  const [server] = read(json({ mcpServers: { known: { command: 'npx', args } } }))
  expect(server).toMatchObject({ kind: 'card', leftOut })
})
