import { headOf, truncate } from '../../../text.ts'
import type { PastCall } from '../api/conversation.ts'
import { readJsonMap } from '../api/json.ts'
import type { JsonMap } from '../api/stream.ts'
import type { OfflineTool, PlanResult } from './plan-types.ts'
import { sayRows } from './say-rows.ts'

/** Said in every answer: nobody should take it for Claude. */
export const SIGNATURE = '_Offline model: simple rules, not Claude._'

const SHOWN_MAX_CHARACTERS = 1_800

/** Only the app itself begins with these words; a tool's own "Access denied" is no person's no. */
export const wasDenied = (text: string): boolean => /^Not done\./.test(text)

export function sayFailure(tool: OfflineTool, text: string, input: JsonMap = {}): string {
  if (wasDenied(text)) return sayDenial(tool, text)
  if (/may or may not have happened/i.test(text))
    return `I do not know how **${tool.name}** ended: it may or may not have happened. ${causeIn(text)}`.trim()
  return fileTrouble(text, input) ?? `**${tool.name}** did not work: ${firstLine(errorIn(text) ?? text)}`
}

/** What was denied with words is not gone on with: no rule here would do as they say. */
function sayDenial({ name }: OfflineTool, text: string): string {
  const denial =
    /^Not done\. (?:The person who asked|An approver) denied [\s\S]*?(?: and said: ("(?:[^"\\]|\\.)*"))?\. (?:Do|Go) /.exec(
      text,
    )
  if (denial === null) return `That was not approved, so I did not use **${name}**. ${causeIn(text)}`.trim()
  const [, reason] = denial
  return reason === undefined
    ? `That was denied, so I did not use **${name}**.`
    : `That was denied with the words ${firstLine(reason)}, so I did not use **${name}**.`
}

/** The file system's usual errors, in words. */
function fileTrouble(text: string, { path, content }: JsonMap): string | undefined {
  const named = /'([^']+)'/.exec(text)?.[1]?.replace(/^\/(?:.*\/)?/, '')
  const name = typeof path === 'string' ? path : named
  if (name === undefined) return undefined
  const missing = content === undefined ? `There is no ${name} yet.` : `The folder for ${name} is not there yet.`
  if (/\bENOENT\b|parent directory does not exist/i.test(text)) return missing
  return /\bEISDIR\b/.test(text) ? `${name} is a folder.` : undefined
}

/** Without the words that are meant for the model. */
function causeIn(text: string): string {
  return firstLine(text.replace(/^not done\.?\s*/i, '').replace(/\s*Do not try the same again[\s\S]*$/, ''))
}

function errorIn(text: string): string | undefined {
  return /"error":\s*"((?:[^"\\]|\\.)*)"/.exec(text)?.[1]
}

const firstLine = (text: string): string => truncate(text.trim().split('\n')[0] ?? '', 300)

/** A result as people read it: a short one in the sentence, a long one in a block, both cut where Slack would be flooded. */
export function showText(text: string): string {
  if (SHOWN_AS_TABLE.test(text)) return SHOWN_BELOW
  const { body, files } = withoutFiles(text)
  if (files.length > 0) return sayFiles(body, files)
  const trimmed = body.trim()
  if (trimmed === '' || trimmed === NO_OUTPUT) return 'It gave nothing back.'
  const values = Object.entries(readJsonMap(trimmed) ?? {})
  if (values.length > 0 && values.every(([, value]) => typeof value !== 'object'))
    return values.map(([name, value]) => `${name}: ${String(value)}`).join(', ')
  const cut = trimmed.length > SHOWN_MAX_CHARACTERS ? `${headOf(trimmed, SHOWN_MAX_CHARACTERS)}\n… (cut)` : trimmed
  return cut.includes('\n') || cut.length > 200 || /^[[{]/.test(cut) ? fenceText(cut) : cut
}

/** How the app words an empty result. */
export const NO_OUTPUT = '(no output)'

/** What the app says of files that it has posted, and how a picture for the model is read here. */
const POSTED = /^\[Posted in the thread as the file "(.*)"\.\]$/
const PICTURE = /^\(image\)$/
const SHOWN_BELOW = 'You have it below as a table.'
const SHOWN_AS_TABLE = /^\[Shown below your answer as a table\b/m

function withoutFiles(text: string): { body: string; files: string[] } {
  const lines = text.split('\n')
  const files = lines.flatMap((line) => POSTED.exec(line)?.[1] ?? [])
  if (files.length === 0) return { body: text, files }
  return { body: lines.filter((line) => !POSTED.test(line) && !PICTURE.test(line)).join('\n'), files }
}

/** "Here is the image": what the tool itself says of its picture would say no more. */
function sayFiles(body: string, files: string[]): string {
  const pictures = files.every((name) => /\.(?:png|jpg|gif|webp)$/.test(name))
  const rest = pictures ? body.replaceAll(/^.*\bimage\b.*$/gim, '').trim() : body.trim()
  const said = pictures ? sayPictures(files.length) : `You have it in the thread: ${files.join(', ')}.`
  return rest === '' ? said : `${showText(rest)}\n${said}`
}

const sayPictures = (count: number): string =>
  count === 1 ? 'Here is the image, as a file in the thread.' : `Here are ${count} images, as files in the thread.`

function fenceText(text: string): string {
  return `\`\`\`\n${text.replaceAll('```', "'''")}\n\`\`\``
}

/** What a database answered, in words. */
export const rowsText = (text: string, asked: Parameters<typeof sayRows>[1]): string =>
  sayRows(text, asked) ?? sayUnreadRows(text)

/** A long result reaches the model cut; a person should not see half of its JSON. */
function sayUnreadRows(text: string): string {
  if (SHOWN_AS_TABLE.test(text)) return SHOWN_BELOW
  const { files } = withoutFiles(text)
  if (files.length > 0) return sayFiles('', files)
  return /^\s*[[{]/.test(text) ? 'The result is too long for me to read. Ask for fewer rows.' : showText(text)
}

/** What stands above the questions that can be asked; the app shows them as buttons. */
export const OFFERED = '\n\nYou could ask me:\n'

/** Says what it cannot do and, in a list that the app shows as buttons, what can be asked instead. */
export function unableText(why: string, questions: string[]): { text: string; halt: true } {
  const list = questions.map((question) => `- ${question}`).join('\n')
  return { text: list === '' ? why : `${why}${OFFERED}${list}`, halt: true }
}

/** What the tools are, for somebody who asks. */
export function sayTools(tools: OfflineTool[]): string {
  if (tools.length === 0) return 'I work with the tools you connect.'
  const byConnection = Map.groupBy(tools, (tool) => tool.connection || 'tools')
  const lines = [...byConnection].map(([name, list]) => `- **${name}**: ${namesOf(list)}`)
  return `These are the tools you have connected:\n${lines.join('\n')}`
}

/** Slash commands do not run in threads, where this may be read. */
export const CONNECT_WORDS =
  'To connect one, press **Connect a tool** in my Home tab. Good ones to begin with are the demo database, Files and Memory; **Find a tool** there searches for more.'

function namesOf(tools: OfflineTool[]): string {
  const names = tools.map((tool) => tool.name.replaceAll(/[_-]+/g, ' '))
  return names.length > 8 ? `${names.slice(0, 8).join(', ')} and ${names.length - 8} more` : names.join(', ')
}

/** For a run that was cut short or went off the plan: what came back. */
export function doneText(done: PastCall[]): string {
  const last = done.at(-1)
  if (!last) return 'Nothing was done.'
  return last.isError ? `The last step failed: ${firstLine(last.text)}` : showText(last.text)
}

/** The request again, once for each connection that could answer it. */
export function askWhich(request: string, places: Pick<OfflineTool, 'connection'>[]): PlanResult {
  const names = places.map(({ connection }) => connection)
  const [, words = request, end = ''] = /^([\s\S]*?)([\s?.!]*)$/.exec(request) ?? []
  const why = `Several connections can do that: ${names.map((name) => `**${name}**`).join(', ')}. Which one do you mean?`
  return unableText(
    why,
    names.map((name) => `${words} in ${name}${end.trim()}`),
  )
}

/** A knowledge graph in words; undefined when the text is none. Read by its shape, as a long answer is cut on its way here. */
export function entitiesText(text: string): string | undefined {
  if (!/^\s*\{\s*"entities":\s*\[/.test(text)) return undefined
  const pattern = /"name":\s*"([^"]+)",\s*"entityType":\s*"([^"]+)",\s*"observations":\s*\[([^\]]*)\]/g
  const found = [...text.matchAll(pattern)].map(([, name, type, facts = '']) => {
    const list = facts.match(/"((?:[^"\\]|\\.)*)"/g)?.map((fact) => fact.slice(1, -1)) ?? []
    return `**${name}** (${type})${list.length > 0 ? `: ${list.join('; ')}` : ''}`
  })
  if (found.length === 0) return 'I found nothing noted there.'
  return found.length === 1 ? `I found ${found[0]}.` : `I found:\n${found.map((one) => `- ${one}`).join('\n')}`
}
