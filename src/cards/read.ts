import { readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { parseDocument } from 'yaml'
import { AppError } from '../errors.ts'
import type { BuiltinServer, Card, CardServer, CardTool, StdioServer } from './card.ts'
import { findCardProblems } from './check.ts'
import { cardInputsOf } from './inputs.ts'
import { CARD_META_KEY, CardFile, type CardPart, type ServerPackage, type ServerRemote } from './schema.ts'

/** Every card of the folder, by title. Throws `card_invalid` naming file, field and reason. */
export function readCards(folder: string): Card[] {
  const files = readdirSync(folder).filter((file) => file.endsWith('.yaml'))
  const cards = files.map((file) => readCard(join(folder, file), readFileSync(join(folder, file), 'utf8')))
  return cards.toSorted((a, b) => a.title.localeCompare(b.title))
}

/** One card from its file's text; the card's name is the file's. */
export function readCard(path: string, text: string): Card {
  const file = basename(path)
  const name = basename(path, '.yaml')
  if (!/^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$/.test(name))
    throw invalidCardError(file, 'name', 'the file name must be small letters, digits and dashes, at most 32')
  // Its warnings would go to the process's output, with words of the file.
  const document = parseDocument(text, { logLevel: 'error' })
  const [broken] = document.errors
  if (broken !== undefined)
    throw invalidCardError(file, `line ${broken.linePos?.[0].line ?? '?'}`, firstLine(broken.message))
  const parsed = CardFile.safeParse(readDocument(document, file))
  if (!parsed.success) {
    const issue = parsed.error.issues[0]
    throw invalidCardError(file, issue?.path.join('.') ?? '', issue?.message ?? 'is not a card')
  }
  const ours = parsed.data._meta[CARD_META_KEY]
  const lock = join(dirname(path), 'locks', `${name}.json`)
  const card = cardOf(name, parsed.data, ours, lock)
  const [problem] = findCardProblems(parsed.data, ours, card)
  if (problem !== undefined) throw invalidCardError(file, problem.field, problem.reason)
  return card
}

/** Throws `card_invalid` where an alias refers to nothing, or to too much. */
function readDocument(document: ReturnType<typeof parseDocument>, file: string): unknown {
  try {
    return document.toJS()
  } catch (error) {
    if (!(error instanceof ReferenceError)) throw error
    throw invalidCardError(file, 'aliases', firstLine(error.message))
  }
}

function cardOf(name: string, file: CardFile, ours: CardPart, lock: string): Card {
  return {
    name,
    title: file.title,
    icon: ours.icon,
    category: ours.category,
    words: ours.words,
    description: file.description,
    docs: ours.docs,
    inputs: cardInputsOf(file, ours),
    tools: toolsOf(ours),
    starters: ours.starters,
    limits: ours.limits,
    server: serverOf(file, ours, lock),
    auth: ours.auth,
    vouches: ours.vouches,
  }
}

function toolsOf(ours: CardPart): Record<string, CardTool> {
  const classes = ['read', 'write', 'destructive'] as const
  const words = classes.flatMap((kind) =>
    ours.tools[kind].map((tool): [string, CardTool] => [
      tool,
      {
        class: kind,
        idempotent: ours.idempotent.includes(tool) || undefined,
        sql: ours.sql[tool],
        replaces: ours.replaces[tool],
      },
    ]),
  )
  return Object.fromEntries(words)
}

function serverOf(file: CardFile, ours: CardPart, lock: string): CardServer {
  const remote = ours.remote ?? file.remotes[0]
  if (remote !== undefined) return httpServer(remote, ours)
  const pack = file.packages[0]
  if (ours.builtin !== undefined) return builtinServer(ours.builtin, pack && stdioServer(pack, ours, lock))
  if (pack !== undefined) return stdioServer(pack, ours, lock)
  return { kind: 'http', url: '', headers: {}, checks: [] }
}

function httpServer(remote: ServerRemote, ours: CardPart): CardServer {
  const headers = Object.fromEntries(remote.headers.map((header) => [header.name, header.value]))
  return { kind: 'http', url: remote.url, headers, signing: ours.signing, tls: ours.tls, checks: ours.checks }
}

/** It is tested as it is opened, so the card's checks are the package's. */
function builtinServer(
  { server, address, settings }: NonNullable<CardPart['builtin']>,
  otherwise: StdioServer | undefined,
): BuiltinServer {
  const texts = Object.fromEntries(settings.map(({ name, value }) => [name, value]))
  return { kind: 'builtin', server, settings: texts, address, checks: [], otherwise }
}

function stdioServer(pack: ServerPackage, ours: CardPart, lock: string): StdioServer {
  return {
    kind: 'stdio',
    from: pack.registryType,
    package: pack.identifier,
    version: pack.version,
    lock,
    bin: ours.bin,
    // One element with "=", so that a value that begins with a dash is never read as an option.
    arguments: pack.packageArguments.map((argument) =>
      argument.type === 'named'
        ? [argument.name, argument.value].filter((part) => part !== undefined).join('=')
        : argument.value,
    ),
    env: Object.fromEntries(pack.environmentVariables.map((variable) => [variable.name, variable.value])),
    own: ours.own,
    // Python's packages are kept there, and nobody knows what a program of the machine needs.
    keeps: Object.keys(ours.own).length > 0 || pack.registryType !== 'npm',
    reaches: ours.reaches,
    hosts: ours.hosts,
    checks: ours.checks,
  }
}

const firstLine = (text: string): string => text.split('\n', 1)[0] ?? ''

function invalidCardError(file: string, field: string, reason: string): AppError {
  return new AppError('card_invalid', `run-cards/${file}: ${field}: ${reason}`, { field })
}
