import { globSync, readFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { join } from 'node:path'
import { type Node, parse } from 'acorn'
import { ROOT } from '../test/support/paths.ts'
import { median } from './numbers.ts'

type Piece = { file: string; name: string; lines: number }

/** Lines per room, and the lengths of functions. */
export async function codeStats(): Promise<string[]> {
  const files = globSync('{src,slack-emulator}/**/*.ts', { cwd: ROOT }).map((file) => ({
    file,
    source: readFileSync(join(ROOT, file), 'utf8'),
  }))
  const rooms = new Map<string, { lines: number; files: number }>()
  for (const { file, source } of files) {
    const [top = '', first = '', rest] = file.split('/')
    const room = roomOf(top, first, rest)
    const so = rooms.get(room) ?? { lines: 0, files: 0 }
    rooms.set(room, { lines: so.lines + source.split('\n').length - 1, files: so.files + 1 })
  }
  const pieces = files.flatMap(({ file, source }) => functionsIn(file, source))
  const longest = pieces.reduce((a, b) => (b.lines > a.lines ? b : a))
  const total = [...rooms.values()].reduce((sum, room) => sum + room.lines, 0)
  return [
    ...[...rooms]
      .sort(([, a], [, b]) => b.lines - a.lines)
      .map(
        ([room, { lines, files: many }]) => `${room.padEnd(18)} ${String(lines).padStart(6)} lines in ${many} files`,
      ),
    `${'all'.padEnd(18)} ${String(total).padStart(6)} lines`,
    `functions: ${pieces.length}, median ${median(pieces.map((piece) => piece.lines))} lines, longest ${longest.lines} (${longest.name} in ${longest.file})`,
  ]
}

function roomOf(top: string, first: string, rest: string | undefined): string {
  if (top !== 'src') return top
  return rest === undefined ? 'src (root files)' : first
}

/** Named functions and arrow functions bound to a name; callbacks count with what they stand in. */
function functionsIn(file: string, source: string): Piece[] {
  const code = stripTypeScriptTypes(source)
  const found: Piece[] = []
  const visit = (node: unknown): void => {
    if (Array.isArray(node)) for (const each of node) visit(each)
    if (!isNode(node)) return
    const piece = functionOf(node)
    if (piece)
      found.push({ file, name: piece.name, lines: code.slice(piece.node.start, piece.node.end).split('\n').length })
    for (const value of Object.values(node)) if (typeof value === 'object' && value !== null) visit(value)
  }
  visit(parse(code, { ecmaVersion: 'latest', sourceType: 'module' }))
  return found
}

function functionOf(node: Node & Record<string, unknown>): { name: string; node: Node } | undefined {
  if (node.type === 'FunctionDeclaration') return { name: nameOf(node.id), node }
  const init = node.init
  return node.type === 'VariableDeclarator' && isNode(init) && /^(Arrow)?FunctionExpression$/.test(init.type)
    ? { name: nameOf(node.id), node: init }
    : undefined
}

const isNode = (value: unknown): value is Node & Record<string, unknown> =>
  typeof value === 'object' && value !== null && 'type' in value && 'start' in value
const nameOf = (id: unknown): string => (isNode(id) && typeof id.name === 'string' ? id.name : '')
