import { basename } from 'node:path/posix'
import { addressPattern, readHeaderLine } from './words.ts'

/** Programs that only pass requests on to a server with an address. */
const BRIDGE = /^(?:mcp-remote|supergateway|mcp-proxy|fastmcp-remote|mcp-remote-proxy)(?:@[^/]*)?$/

/** The server that a bridge leads to; undefined where the program is none. */
export function readBridge(
  program: string[],
  env: Record<string, string>,
): { url: string; headers: Record<string, string> } | undefined {
  const words = wordsOf(program)
  const at = words.findIndex((word) => BRIDGE.test(basename(word)) || BRIDGE.test(word))
  const url = at < 0 ? undefined : words.slice(at + 1).find((word) => addressPattern.test(word))
  return url === undefined ? undefined : { url, headers: headersIn(words.slice(at + 1), env) }
}

function headersIn(words: string[], env: Record<string, string>): Record<string, string> {
  const lines = words.flatMap((word, at) => {
    const inline = /^(?:--header|-H)=(.+)$/s.exec(word)?.[1]
    if (inline !== undefined) return [inline]
    return /^(?:--header|-H)$/.test(word) ? [words[at + 1] ?? ''] : []
  })
  return Object.fromEntries(lines.map((line) => readHeaderLine(inFile(line, env))).filter((pair) => pair !== undefined))
}

/** A reference to what the same file sets is replaced by it, so that a scheme before the key is seen. */
const inFile = (text: string, env: Record<string, string>): string =>
  text.replace(/\$\{(\w+)\}/g, (whole, name: string) => {
    const value = Object.hasOwn(env, name) ? env[name] : undefined
    const scheme = value === undefined ? undefined : /^[A-Za-z-]{1,12} (?=\S)/.exec(value)?.[0]
    return scheme === undefined ? whole : `${scheme}\${${name}}`
  })

const WRAPPERS = new Set(['cmd', 'cmd.exe', '/c', '/C', 'sh', 'bash', 'zsh', '-c', '-lc', 'env', 'powershell', 'wsl'])

const isWrapper = (word: string): boolean => WRAPPERS.has(word) || WRAPPERS.has(basename(word))

/** The words of a program; a shell's own argument is taken apart. */
function wordsOf(program: string[]): string[] {
  const [first = '', ...rest] = program
  const words = rest.length === 0 && /\s/.test(first) ? first.split(/\s+/) : program
  const isShell = isWrapper(words[0] ?? '')
  const flat = isShell ? words.flatMap((word) => word.split(/\s+/)) : words
  const start = flat.findIndex((word) => !isWrapper(word) && !/^\w+=/.test(word))
  return flat.slice(Math.max(0, start))
}

/** What a program is, without anything that could hold a secret: its own name and, where it is run by a runner, its package. */
export function describeProgram(program: string[]): { command: string; package?: string | undefined } {
  const words = wordsOf(program)
  const command = basename((words[0] ?? '').replaceAll('\\', '/')).replace(/\.(?:exe|cmd)$/i, '')
  return { command: /^[\w.+-]{1,40}$/.test(command) ? command : 'program', package: packageIn(command, words.slice(1)) }
}

/** Runners, and the words between them and what they run. */
const RUNNERS: Record<string, string[]> = {
  npx: [],
  bunx: [],
  uvx: [],
  bun: ['x'],
  pnpm: ['dlx', 'exec'],
  yarn: ['dlx'],
  npm: ['exec', 'x'],
  pipx: ['run'],
  uv: ['tool', 'run'],
  docker: ['run'],
  podman: ['run'],
}

/** Options of the container runners and of npx that take a word of their own. */
const OPTIONS_WITH_WORD =
  /^(?:-e|-v|-p|-u|-w|--(?:env|volume|mount|name|network|publish|user|env-file|add-host|entrypoint|pull|from|with|python))$/

function packageIn(command: string, rest: string[]): string | undefined {
  const between = Object.hasOwn(RUNNERS, command) ? RUNNERS[command] : undefined
  if (between === undefined) return undefined
  let skip = false
  for (const word of rest) {
    if (skip || word.startsWith('-') || between.includes(word)) {
      skip = !skip && OPTIONS_WITH_WORD.test(word)
      continue
    }
    return plainPackageOf(word)
  }
  return undefined
}

/** Without its version or tag; undefined for what does not look like a package. */
function plainPackageOf(word: string): string | undefined {
  const name = word.replace(/(?<=.)@[\w.^~*-]+$/, '').replace(/:[\w.-]+$/, '')
  return /^@?[a-z0-9][\w.-]*(?:\/[\w.-]+){0,3}$/i.test(name) && name.length <= 80 ? name : undefined
}
