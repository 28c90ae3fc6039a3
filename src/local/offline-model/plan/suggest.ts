import { inputNamedIn, type OfflineTool } from '../api/tools.ts'

/** As many as fit under an answer as buttons. */
const MOST = 4

/** Questions that are sure to be understood, by the tool that answers them. */
const QUESTIONS: [tool: RegExp, question: string][] = [
  [/^search_objects$/, 'Which tables are there?'],
  [/^list_directory$/, 'List my files'],
  [/^read_graph$/, 'What do you remember?'],
  [/^get-sum$/, 'Add 2 and 3'],
  [/^write_file$/, 'Write a file called hello.txt that says Hello from Patchbay'],
  [/^create_entities$/, 'Remember that Ada likes tea'],
  [/^echo$/, 'Echo "Hello from Patchbay"'],
]

/** Questions that these tools can answer: one for each connection first. */
export function questionsFor(tools: OfflineTool[]): string[] {
  const demo = tools.filter(isDemo).map(() => 'How many employees are there?')
  const known = QUESTIONS.filter(([named]) => tools.some(({ name }) => named.test(name))).map(
    ([, question]) => question,
  )
  const plain = tools.filter(isPlainRead).map(({ name }) => `Use ${name}`)
  return [...new Set([...demo, ...known, ...plain])].slice(0, MOST)
}

const isDemo = (tool: OfflineTool): boolean =>
  /demo/i.test(tool.connection) && inputNamedIn(tool, /^sql$/i) !== undefined

/** A tool that reads and needs no arguments can be called by its name alone. */
function isPlainRead({ name, inputs }: OfflineTool): boolean {
  return (
    /^(?:list|get|read|show)[_-](?!.*(?:env|resource|prompt|skill|graph))/i.test(name) &&
    inputs.every(({ required }) => !required)
  )
}
