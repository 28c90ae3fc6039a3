import type { JsonMap } from '../api/stream.ts'
import { stemsOf } from './names.ts'
import { inputNamedIn, type OfflineTool } from './plan-types.ts'

/** `it` stands where the request says "it" or "that file" and no file was spoken of before. */
export type QuestionCall = { tool: string; input: JsonMap; it: boolean }

/** `{file}` has a dot or slash, or is "it"; `{name}` is one word; `{phrase}` is a part of a sentence, `{text}` the rest; each may be quoted. */
const PLACEHOLDERS: Record<string, string> = {
  file: String.raw`("[^"]+"|[\w@./-]*[./][\w./-]*\w|it\b|(?:that|this|the) file\b)`,
  name: String.raw`("[^"]+"|[^\s"]*[^\s".,;:!?])`,
  number: String.raw`(-?\d+(?:\.\d+)?)`,
  phrase: '("[^"]+"|[^?.!"]+)',
  quoted: '("[^"]+")',
  text: String.raw`([\s\S]+)`,
}

type Question = [tool: string, asked: string, inputOf: (...words: string[]) => JsonMap]

const SAYS = '(?:that |which |so that it )?(?:says|contains|containing|with the text|with the words):?'
const OF_MY = '(?:all )?(?:my |the |your )?'

/** What can be asked, by the tool that answers it. A request must fit from its first word to its last. */
const QUESTIONS: Question[] = [
  ['list_directory', `(?:list|show)(?: me)? ${OF_MY}files`, () => ({ path: '.' })],
  ['list_directory', `(?:which|what) files are (?:there|in my folder)`, () => ({ path: '.' })],
  ['list_directory', `(?:list|show) ${OF_MY}files in (?:the )?(?:folder )?{name}(?: folder)?`, (path) => ({ path })],
  ['list_directory', `what(?:'s| is) in (?:the |my )?(?:folder|directory) {name}`, (path) => ({ path })],
  ['directory_tree', 'show(?: me)? the directory tree', () => ({ path: '.' })],
  [
    'search_files',
    '(?:find|search for) files (?:named|called) {name}',
    (name) => ({ path: '.', pattern: `**/*${name}*` }),
  ],
  ['read_text_file', `(?:read|open|show(?: me)?) (?:the file )?{file}`, (path) => ({ path })],
  ['read_text_file', `what(?:'s| is) (?:in|inside) (?:the file )?{file}`, (path) => ({ path })],
  ['read_text_file', `what does {file} say`, (path) => ({ path })],
  ['read_multiple_files', 'read {file} and {file}', (...paths) => ({ paths })],
  ['get_file_info', 'how (?:big|old|large) is {file}', (path) => ({ path })],
  [
    'write_file',
    `(?:write|create|make|update) (?:a |the )?(?:new )?file (?:called |named )?{name} ${SAYS} {text}`,
    (path, content) => ({ path, content }),
  ],
  ['write_file', '(?:write|save|put) {quoted} (?:to|in|into) {file}', (content, path) => ({ path, content })],
  [
    'edit_file',
    'in {file} (?:replace|change) {name} (?:with|to) {name}',
    (path, oldText, newText) => ({ path, edits: [{ oldText, newText }] }),
  ],
  ['move_file', '(?:rename|move) {file} to {file}', (source, destination) => ({ source, destination })],
  [
    'create_directory',
    '(?:create|make) a (?:new )?(?:folder|directory) (?:called |named )?{name}',
    (path) => ({ path }),
  ],
  ['get-sum', 'add {number} (?:and|to) {number}', (a, b) => ({ a: Number(a), b: Number(b) })],
  ['get-sum', String.raw`what(?:'s| is) {number} (?:plus|\+) {number}`, (a, b) => ({ a: Number(a), b: Number(b) })],
  ['echo', 'echo {text}', (message) => ({ message })],
  ['get-tiny-image', '(?:show|get)(?: me)? the tiny image', () => ({})],
  ['get-structured-content', `what(?:'s| is) the weather in {phrase}`, (location) => ({ location })],
  ['read_graph', 'what do you (?:remember|know)(?: about me)?', () => ({})],
  ['search_nodes', 'what do you (?:remember|know) about {phrase}', (query) => ({ query })],
  ['search_nodes', 'search (?:your |the )?memory for {phrase}', (query) => ({ query })],
  ['create_entities', "(?:remember|note|don't forget):?(?: that)? {text}", (fact) => ({ entities: [entityOf(fact)] })],
  ['delete_entities', 'forget (?:about )?{phrase}', (name) => ({ entityNames: [name.trim()] })],
]

const PATTERNS = QUESTIONS.map(([tool, asked, inputOf]) => {
  const pattern = asked.replaceAll(/\{([a-z]+)\}/g, (_, name: string) => PLACEHOLDERS[name] ?? '')
  return {
    tool,
    inputOf,
    pattern: new RegExp(String.raw`^(?:please |can you |could you )?(?:${pattern})[\s.?!]*$`, 'i'),
  }
})

/** The tool call that a request asks for, where one of these tools can make it. */
export function readQuestion(
  request: string,
  tools: OfflineTool[],
  lastPath: string | undefined,
): QuestionCall | undefined {
  const plain = request.replaceAll(/[“”]/g, '"').replaceAll('’', "'")
  for (const { tool, inputOf, pattern } of PATTERNS) {
    const words = pattern.exec(plain)?.slice(1)
    if (!words || tools.every(({ name }) => name !== tool)) continue
    const isIt = (word: string) => /^(?:it|(?:that|this|the) file)$/i.test(word) && pattern.source.includes('|it')
    const meant = words.map((word) => (isIt(word) ? (lastPath ?? '') : unquoted(word)))
    return { tool, input: inputOf(...meant), it: lastPath === undefined && words.some(isIt) }
  }
  return undefined
}

function unquoted(text: string): string {
  const inside = /^(?:"([^"]*)"|'([^']*)')\.?$/.exec(text.trim())
  return inside?.[1] ?? inside?.[2] ?? text.trim().replace(/(?<!\.)\.$/, '')
}

const PREDICATE =
  /^(.*?)\s+((?:is|are|was|were|has|have|likes?|loves?|hates?|works?|lives?|wants?|needs?|prefers?|owns?|plays?|drinks?|eats?|knows?|uses?|speaks?|owes?)\b[\s\S]*)$/i

/** "Ada likes tea" is a fact about Ada; one without a known verb is kept as a note. */
function entityOf(fact: string): JsonMap & { name: string; observations: string[] } {
  const [, subject = '', said = fact] = PREDICATE.exec(fact) ?? []
  if (subject === '') return { name: 'notes', entityType: 'notes', observations: [fact] }
  const isPerson = /^\p{Lu}\p{L}+(?:\s\p{Lu}\p{L}+)?$/u.test(subject)
  return { name: subject, entityType: isPerson ? 'person' : 'fact', observations: [said] }
}

/** Requests that begin like a question above but give too little, or names that end nobody knows where. */
const BEGINNINGS: [tool: string, begins: RegExp][] = [
  ['write_file', /^(?:please )?(?:write|save|create|make|update)\b.*\bfile\b/i],
  ['create_directory', /^(?:please )?(?:create|make)\b.*\b(?:folder|directory)\b/i],
  ['create_entities', /^(?:please )?remember\b/i],
]

export function toolBegunIn(request: string, tools: OfflineTool[]): OfflineTool | undefined {
  return tools.find(({ name }) => BEGINNINGS.some(([tool, begins]) => tool === name && begins.test(request)))
}

const NAMED =
  /^\W*(?:please )?(?:use|call|run|try) (?:the )?([\w-]+(?: [\w-]+)*?)(?: tool)?(?:\s+with\s+([\s\S]+?))?[\s.]*$/i
const LISTED = /^\W*(?:which|what|list|show)(?: me)?(?: all| my| the)* ([\w ]+?)(?: are there| do i have)?[\s.?!]*$/i

/** Tools called by their own name ("Use get-sum with a=1 b=2"), and those that list just what is asked for: list_jobs for "Which jobs are there?". */
export function toolsNamedIn(request: string, tools: OfflineTool[]): { tools: OfflineTool[]; given: string } {
  const [, named, given = ''] = NAMED.exec(request) ?? []
  if (named !== undefined)
    return { tools: tools.filter(({ name, fullName }) => [name, fullName, spokenName(name)].includes(named)), given }
  const things = stemsOf(LISTED.exec(request)?.[1] ?? '').join(' ')
  return { tools: tools.filter((tool) => isPlainRead(tool) && stemsOf(tool.name).slice(1).join(' ') === things), given }
}

/** `get-sum` as a person says it: "get sum". */
export const spokenName = (name: string): string => name.replaceAll(/[_-]+/g, ' ')

/** A tool that reads and needs no arguments can be called by its name alone. */
function isPlainRead({ name, inputs }: OfflineTool): boolean {
  return (
    /^(?:list|get|read|show)(?:[_-]|(?=[A-Z]))(?!.*(?:env|resource|prompt|skill|graph))/.test(name) &&
    inputs.every(({ required }) => !required)
  )
}

/** As many as fit under an answer as buttons. */
const OFFERED_MAX = 4

const EXAMPLES: [tool: RegExp, question: string][] = [
  [/^search_objects$/, 'Which tables are there?'],
  [/^list_directory$/, 'List my files'],
  [/^read_graph$/, 'What do you remember?'],
  [/^get-sum$/, 'Add 2 and 3'],
  [/^write_file$/, 'Write a file called hello.txt that says Hello from Patchbay'],
  [/^create_entities$/, 'Remember that Ada likes tea'],
  [/^echo$/, 'Echo "Hello from Patchbay"'],
]

const DEMO_QUESTIONS = ['How many employees are there?', 'Show me the first 5 employees', 'List the departments']

/** Questions that these tools can answer: of each connection the first before others. */
export function questionsFor(tools: OfflineTool[]): string[] {
  const isDemo = (tool: OfflineTool) => /demo/i.test(tool.connection) && inputNamedIn(tool, /^sql$/i) !== undefined
  const [first, ...others] = tools.some(isDemo) ? DEMO_QUESTIONS : []
  const known = EXAMPLES.filter(([named]) => tools.some(({ name }) => named.test(name))).map(([, question]) => question)
  const plain = tools.filter(isPlainRead).map(({ name }) => `Use ${name}`)
  return [...new Set([first ?? [], known, plain, others].flat())].slice(0, OFFERED_MAX)
}
