import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { readCard, readCards } from '../../src/cards/read.ts'

const FOLDER = 'run-cards'
const cards = readCards(FOLDER)
// What is not here stands in docs/run-cards.md with the reason.
const SHIPPED =
  'atlassian aws aws-account azure circleci custom datadog demo-database elasticsearch everything filesystem github gitlab google-cloud google-drive grafana hubspot jenkins kubernetes linear memory microsoft-365 mongodb mysql new-relic notion okta pagerduty playwright postgres sentry servicenow slack splunk stripe supabase vault'.split(
    ' ',
  )
const textOf = (name: string) => readFileSync(`${FOLDER}/${name}.yaml`, 'utf8')

describe('the cards we ship', () => {
  it("are the product's landscape, each with all a person is shown", () => {
    expect(cards.map((card) => card.name).toSorted()).toEqual(SHIPPED)
    expect(cards).toHaveLength(readdirSync(FOLDER).filter((file) => file.endsWith('.yaml')).length)
    for (const card of cards) {
      expect(card.starters).toHaveLength(3)
      for (const input of card.inputs) expect(input.label.length * input.hint.length, input.name).toBeGreaterThan(0)
    }
  })

  it('take what people really have, whole', () => {
    const fits = (card: string, input: string, value: string) =>
      new RegExp(`^(?:${cards.find((c) => c.name === card)?.inputs.find((i) => i.name === input)?.pattern})$`).test(
        value,
      )
    expect(fits('postgres', 'dsn', 'postgres://u:p%40ss@db.example.com:5432/app?sslmode=require')).toBe(true)
    expect(fits('postgres', 'dsn', 'postgresql://postgres.ref:pw@aws-0.pooler.supabase.com:6543/postgres')).toBe(true)
    expect(fits('postgres', 'dsn', 'postgres://u:p@h.neon.tech/db?sslmode=require&channel_binding=require')).toBe(true)
    expect(fits('postgres', 'dsn', 'postgres://u@db/app?host=/run/postgresql')).toBe(false)
    expect(fits('postgres', 'dsn', 'postgres://u@db/app?sslmode=require&sslkey=/etc/key')).toBe(false)
    expect(fits('postgres', 'dsn', 'sqlite:///etc/passwd')).toBe(false)
    expect(fits('github', 'token', 'github_pat_11ABCDEFG0123456789')).toBe(true)
    expect(fits('github', 'token', 'hunter2')).toBe(false)
    expect(fits('custom', 'header', 'X-Api-Key')).toBe(true)
    expect(fits('custom', 'header', 'CONTEXT7_API_KEY')).toBe(true)
    expect(fits('custom', 'header', 'HOST')).toBe(false)
    expect(fits('custom', 'header', 'Mcp-Session-Id')).toBe(false)
    expect(fits('custom', 'value', 'Bearer abc')).toBe(true)
    expect(fits('custom', 'value', 'a\r\nHost: b')).toBe(false)
    expect(fits('mysql', 'dsn', 'mysql://u:p%40ss@db.example.com:3306/app?sslmode=require')).toBe(true)
    expect(fits('mysql', 'dsn', 'mysql://u:p@db/app?socketPath=/run/mysqld.sock')).toBe(false)
    expect(
      fits('mongodb', 'uri', 'mongodb+srv://u:p@c0.ab1cd.mongodb.net/?retryWrites=true&w=majority&appName=c0'),
    ).toBe(true)
    expect(fits('mongodb', 'uri', 'mongodb://u:p@db.example.com:27017/?tls=true&directConnection=true')).toBe(true)
    expect(fits('mongodb', 'uri', 'mongodb+srv://u:p@c0.ab1cd.mongodb.net/?tlsCAFile=/etc/passwd')).toBe(false)
    expect(fits('mongodb', 'uri', 'mongodb://u:p@a.example,b.example/')).toBe(false)
    expect(fits('jenkins', 'host', 'ci.example.com:8443/jenkins')).toBe(true)
    expect(fits('jenkins', 'host', 'evil.example.com/@ci.example.com')).toBe(false)
    expect(fits('atlassian', 'email', 'ada@example.com')).toBe(true)
    expect(fits('supabase', 'token', `sbp_${'0a'.repeat(20)}`)).toBe(true)
  })

  it('keep secrets out of arguments', () => {
    const github = cards.find((card) => card.name === 'github')
    expect(github?.inputs[0]).toMatchObject({ name: 'token', secret: true, required: false })
    const circleci = cards.find((card) => card.name === 'circleci')
    expect(circleci?.server).toMatchObject({ arguments: [], env: { CIRCLECI_TOKEN: '{token}' } })
  })
})

describe('a bad card stops the start, with file, field and reason', () => {
  const bad = (name: string, change: [from: string | RegExp, to: string]) => {
    const text = textOf(name).replace(...change)
    expect(text, 'the change must change something').not.toBe(textOf(name))
    try {
      readCard(`x/${name}.yaml`, text)
    } catch (error) {
      return error
    }
    return undefined
  }

  it.each<[name: string, from: string | RegExp, to: string, message: RegExp]>([
    ['memory', 'title: Memory', 'titel: Memory', /^run-cards\/memory\.yaml: title: /],
    ['memory', 'version: 2026.8.31', 'version: ^2026.8.31', /packages\.0\.version: must be one exact version/],
    ['memory', 'version: 2026.8.31', 'version: latest', /packages\.0\.version: must be one exact version/],
    ['memory', '      - What do you remember?\n', '', /starters: must be three/],
    ['memory', '":brain:"', 'brain', /icon: must be an emoji/],
    ['memory', 'file: memory.jsonl', 'file: ../../key', /own\.file/],
    ['memory', '{file}', '{other}', /environmentVariables: mentions \{other\}/],
    ['memory', '        - open_nodes', '        - read_graph', /tools: names read_graph twice/],
    ['memory', '    vouches: true', '    vouches: true\n    vouched: true', /vouched/],
    ['memory', 'npm\n', 'oci\n', /registryType: must be npm, pypi or machine/],
    ['memory', 'stdio', 'sse', /transport\.type: must be stdio/],
    ['github', 'https://api', 'http://api', /remotes\.0\.url: must be an https address/],
    ['github', '[A-Za-z0-9_]{10,}', '[A-Za-z0-9_{10,}', /inputs\.token\.pattern: is not a regular/],
    ['github', '      token:\n        label', '      tokken:\n        label', /inputs\.tokken: describes an input/],
    ['new-relic', '          - mcp.newrelic.com', '          - ""', /choices\.0: must not be empty/],
    ['new-relic', '          - mcp.newrelic.com', '          - mcp.eu.newrelic.com', /choices: must differ/],
    ['new-relic', '          - mcp.newrelic.com', `          - ${'x'.repeat(76)}`, /choices\.0: Too big/],
    ['supabase', '"[a-z]{20}"', '"[a-z]{21}"', /inputs\.project\.pattern: does not take/],
    ['supabase', 'execute_sql: { argument', 'run_sql: { argument', /tools: has no class for run_sql/],
    [
      'filesystem',
      'seenWith: get_file_info',
      'seenWith: move_file',
      /replaces: looks with move_file, which is no read/,
    ],
    ['supabase', 'value: "{project}"', 'value: "{token}"', /packageArguments\.1\.value: holds a secret/],
    ['filesystem', '      folder: "."', '      other: "."', /packageArguments\.0\.value: holds a person's input/],
    ['filesystem', 'isRequired: true', 'isRequired: true\n            format: filepath', /format: must be/],
    ['supabase', 'label: Features', 'label: Features (optional)', /inputs\.features\.label: leave out "optional"/],
    [
      'servicenow',
      'issuer: https://{instance}.service-now.com',
      'issuer: https://{instance}.com',
      /auth\.issuer: must/,
    ],
    ['servicenow', 'https://{instance}.service-now.com/oauth_token.do', 'https://{server}/t', /endpoints\.token: must/],
    [
      'servicenow',
      'url: https://{instance}.service',
      'url: https://x{instance}.service',
      /^run-cards.*: url: may have an/,
    ],
    ['servicenow', 'isRequired: true', 'isRequired: false', /inputs\.instance: is part of an address/],
    ['servicenow', 'isRequired: true', 'isRequired: true\n        isSecret: true', /inputs\.instance: is part of an/],
    ['servicenow', '{instance}.service-now.com/oauth_auth', '{other}.service-now.com/oauth_auth', /mentions \{other\}/],
    ['github', 'issuer: https', 'resource: none\n      issuer: https', /resource: needs endpoints/],
    ['aws-account', 'region: "{region}"', 'region: "{where}"', /_meta\.signing: mentions \{where\}/],
    ['aws-account', 'aws-mcp.{region}.api.aws', 'aws-mcp.api.{region}.aws', /url: may have an input/],
    ['custom', 'remote:\n', 'remotely:\n', /remotely/],
    ['custom', 'title: Custom server', 'title: Custom: server', /^run-cards\/custom\.yaml: line 3: /],
    ['custom', 'title: Custom server', 'title: *nowhere', /^run-cards\/custom\.yaml: aliases: Unresolved alias/],
  ])('%s: %s', (name, from, to, message) => {
    expect(bad(name, [from, to])).toMatchObject({ code: 'card_invalid', message: expect.stringMatching(message) })
  })

  it('a file name that cannot be a card', () => {
    expect(() => readCard('x/My Card.yaml', textOf('memory'))).toThrowError(/My Card\.yaml: name/)
  })
})
