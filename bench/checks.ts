import { createConnectionId, UserId, WorkspaceId } from '../src/ids.ts'
import type { JsonObject } from '../src/json.ts'
import { createRedactor } from '../src/mcp/protocol/redactor.ts'
import { addReadText, createReadIndex } from '../src/policy/flow/read-index.ts'
import type { Rule } from '../src/policy/rules.ts'
import { loadSqlReader } from '../src/policy/sql/read-sql.ts'
import { callHashOf } from '../src/run/calls/call-hashes.ts'
import { isChangedTool } from '../src/run/calls/changed-tools.ts'
import { type PolicyInputs, verdictFor } from '../src/run/calls/verdicts.ts'
import type { ResolvedTool, RunDeps, Source, ToolClassification } from '../src/run/deps.ts'
import { createArgumentCheck } from '../src/run/tools/offered-tools.ts'
import { stateOf } from '../test/run/states.ts'
import { offeredTools } from '../test/support/tool-lists.ts'
import { median, ms, percentile } from './numbers.ts'

type Call = {
  what: string
  card: string
  tool: string
  word: ToolClassification
  argsOf(round: number): JsonObject
}
type Judge = Pick<RunDeps, 'classificationOf' | 'destinationOf' | 'readSql'>

/** Each call is judged this often. */
const ROUNDS = 400
/** A run that has worked for a while: this many results, of this length. */
const RESULTS_READ = 30
const RESULT_CHARS = 4_000
const RULES = 20
/** What a call carries of what was read. */
const SENT_CHARS = 1_400

const KNOWN = { vouched: true, idempotent: false }
const SQL = { class: 'write' as const, ...KNOWN, sql: { argument: 'sql', dialect: 'postgres' as const } }
const SELECT =
  'SELECT d.dept_name, count(*) AS people, avg(s.amount) FROM employee e JOIN dept_emp de ON de.emp_no = e.emp_no JOIN department d ON d.dept_no = de.dept_no JOIN salary s ON s.emp_no = e.emp_no WHERE e.hire_date > now() - interval $$5 years$$ GROUP BY 1 ORDER BY 2 DESC'

/** Other arguments each time, so that nothing is known already. */
const callsOf = (texts: string[]): Call[] => {
  const read = (round: number) => texts[round % texts.length] ?? ''
  const files = { card: 'filesystem' }
  const database = { card: 'demo-database', tool: 'execute_sql', word: SQL }
  const foreign = { card: 'everything', tool: 'echo', word: { vouched: false, idempotent: false } }
  return [
    {
      ...files,
      what: 'a file read',
      tool: 'read_text_file',
      word: { class: 'read', ...KNOWN },
      argsOf: (round) => ({ path: `notes/${round}.md` }),
    },
    {
      ...files,
      what: 'a file written',
      tool: 'write_file',
      word: { class: 'write', ...KNOWN },
      argsOf: (round) => ({ path: `${round}.md`, content: read(round) }),
    },
    { ...database, what: 'SQL that reads', argsOf: (round) => ({ sql: `${SELECT} LIMIT ${round}` }) },
    {
      ...database,
      what: 'SQL that deletes',
      argsOf: (round) => ({ sql: `DELETE FROM employee WHERE emp_no = ${round}` }),
    },
    { ...foreign, what: 'a short text sent', argsOf: (round) => ({ message: `hello ${round}` }) },
    {
      ...foreign,
      what: 'a text sent that was read',
      argsOf: (round) => ({ message: read(round).slice(round % 100, SENT_CHARS) }),
    },
  ]
}

/** What all checks of a call cost, without the database and the network: before it (schema, pin, SQL, arguments, flow, rules, hash) and on its result (redactor, what was read). */
export async function checks(): Promise<string[]> {
  const argumentProblems = createArgumentCheck()
  const readSql = await loadSqlReader()
  const texts = Array.from({ length: RESULTS_READ }, (_, at) => resultText(at))
  const state = stateOf()
  const policy = policyOf(texts)
  const lines: string[] = []
  const all: number[] = []
  for (const { what, card, tool, word, argsOf } of callsOf(texts)) {
    const found = toolOf(card, tool)
    const judge: Judge = {
      readSql,
      classificationOf: () => word,
      destinationOf: () => ({ host: 'tools.example.com', vouched: word.vouched }),
    }
    const times = timesOf((round) => {
      const args = argsOf(round)
      argumentProblems(found.tool.inputSchema, args)
      isChangedTool(found)
      const { asked } = verdictFor(judge, state, { policy, found, args })
      callHashOf(found.source.id, asked.definition, args)
    })
    all.push(...times)
    lines.push(`${what.padEnd(26)} median ${ms(median(times))}, p99 ${ms(percentile(times, 0.99))}`)
  }
  const results = resultTimes()
  lines.push(`${'the result of a call'.padEnd(26)} median ${ms(median(results))}, p99 ${ms(percentile(results, 0.99))}`)
  lines.push(`${'all checks of a call'.padEnd(26)} median ${ms(median(all) + median(results))} (at most 1 ms)`)
  return lines
}

/** The first tenth warms up. */
function timesOf(work: (round: number) => void): number[] {
  const times = Array.from({ length: ROUNDS }, (_, round) => {
    const began = performance.now()
    work(round)
    return performance.now() - began
  })
  return times.slice(ROUNDS / 10)
}

function resultTimes(): number[] {
  const redactor = createRedactor(
    () => ['sk-live-4b0f29c7a1d84e', 'postgres://reader:kY7-pw@db.example.com/app'],
    (text) => text,
  )
  const index = createReadIndex()
  const connection = createConnectionId()
  const texts = Array.from({ length: ROUNDS }, (_, round) => resultText(round))
  return timesOf((round) => {
    const text = redactor.text(texts[round] ?? '')
    // Beyond a hundred and fifty of them nothing more is kept.
    addReadText(index, { connection, name: 'crm', text, cells: [] })
  })
}

/** Rows as servers give them, other ones each time. */
function resultText(seed: number): string {
  let text = ''
  for (let row = 0; text.length < RESULT_CHARS; row++) {
    const number = seed * 7_919 + row * 104_729
    text += `${number} | person${number % 9_973}@example.com | ${new Date(1.7e12 + number * 60_000).toISOString()} | order ${number.toString(36)}\n`
  }
  return text.slice(0, RESULT_CHARS)
}

function policyOf(texts: string[]): PolicyInputs {
  const reads = createReadIndex()
  const connection = createConnectionId()
  for (const text of texts) addReadText(reads, { connection, name: 'crm', text, cells: [] })
  return { sources: [], rules: Array.from({ length: RULES }, ruleOf), approvers: [UserId.parse('UAPPROV1')], reads }
}

/** A rule for another tool: each is looked at, and none decides. */
const ruleOf = (_: unknown, at: number): Rule => ({
  id: String(at),
  scope: at % 2 ? 'workspace' : 'person',
  user: undefined,
  card: undefined,
  connection: undefined,
  connectionName: undefined,
  tool: `tool_${at}`,
  verdict: 'allow',
  fourEyes: false,
  definition: undefined,
  createdAt: new Date(),
  createdBy: UserId.parse('UADA'),
})

function toolOf(card: string, name: string): ResolvedTool<Source> {
  const offered = offeredTools(card).find((tool) => tool.name === `${card}__${name}`)
  if (offered === undefined) throw new Error(`${card} has no tool ${name}`)
  const tool = { name, description: offered.description, inputSchema: offered.schema }
  const source: Source = {
    id: createConnectionId(),
    workspace: WorkspaceId.parse('T111'),
    user: UserId.parse('UADA'),
    name: card,
    card,
    inputs: {},
    credential: undefined,
    status: 'connected',
    statusReason: undefined,
    tools: [tool],
    era: undefined,
    eraAt: undefined,
    createdAt: new Date(),
    lastUsed: undefined,
    usageCount: 0,
  }
  return { source, tool }
}
