import { parseJson } from '../../json.ts'
import { type ConfiguredServer, isFieldObject } from './configured-server.ts'
import { readServerFields } from './read-server-fields.ts'
import { addressPattern, readHeaderLine, splitCommandLine } from './words.ts'

/** Where the words of such a command begin, whatever stands before them on the line. */
const COMMAND =
  /(?:^|[\s`$>])(?:(?:claude|codex|gemini|qwen|droid|amp|copilot|opencode|cursor-agent)\s+mcp\s+(?:add-json|add)|(?:npx\s+(?:-y\s+)?)?add-mcp(?:@[\w.-]+)?|code(?:-insiders)?\s+--add-mcp)\s+(.+)$/

/** Servers of the lines that add one: `claude mcp add …`, `codex mcp add …`, `npx add-mcp …`, `code --add-mcp …`. */
export function readCommandLines(text: string): ConfiguredServer[] {
  const lines = text.replace(/\\\r?\n/g, ' ').split(/\r?\n/)
  return lines.flatMap((line) => {
    const words = COMMAND.exec(line)?.[1]
    return words === undefined ? [] : (serverOf(splitCommandLine(words.replace(/`\s*$/, ''))) ?? [])
  })
}

const FLAGS = new Set(['-y', '--yes', '-g', '--global', '--trust', '--all', '--no-browser', '--include-tools'])

type Line = { options: [name: string, value: string][]; words: string[]; program: string[] }

function serverOf(all: string[]): ConfiguredServer | undefined {
  const { options, words, program } = partsOf(all)
  const json = words.map(parseJson).find(isFieldObject)
  const names = words.filter((word) => !addressPattern.test(word) && parseJson(word) === undefined)
  const optionOf = (...wanted: string[]) => options.find(([name]) => wanted.includes(name))?.[1]
  const called = optionOf('--name', '-n') ?? names[0] ?? ''
  if (json !== undefined) return readServerFields(typeof json.name === 'string' ? json.name : called, json)
  const url = optionOf('--url') ?? words.find((word) => addressPattern.test(word))
  if (url !== undefined) {
    const variable = optionOf('--bearer-token-env-var')
    return readServerFields(called, { url, headers: headersIn(options), bearer_token_env_var: variable })
  }
  const [command, ...args] = program.length > 0 ? program : names.slice(1)
  return command === undefined ? undefined : readServerFields(called, { command, args })
}

const headersIn = (options: Line['options']): Record<string, string> =>
  Object.fromEntries(
    options
      .filter(([name]) => name === '--header' || name === '-H')
      .map(([, value]) => readHeaderLine(value))
      .filter((pair) => pair !== undefined),
  )

/** Options may stand before or after the name; what follows `--` is a program. */
function partsOf(all: string[]): Line {
  const end = all.includes('--') ? all.indexOf('--') : all.length
  const line: Line = { options: [], words: [], program: all.slice(end + 1) }
  const rest = all.slice(0, end)
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    const [, name, inline] = OPTION.exec(word) ?? []
    if (name === undefined) line.words.push(word)
    else if (!FLAGS.has(name)) line.options.push([name, inline ?? rest.shift() ?? ''])
  }
  return line
}

const OPTION = /^(--?[a-zA-Z][\w-]*)(?:=(.*))?$/s
