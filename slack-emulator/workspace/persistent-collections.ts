import { closeSync, mkdirSync, openSync, readFileSync, renameSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import type { z } from 'zod'
import { isRecord } from '../../src/block-kit/problem.ts'
import { parseJson } from '../parse-json.ts'

/** A bounded map whose every change is on disk before the call returns. */
export type Collection<T> = {
  get(key: string): T | undefined
  put(key: string, value: T): void
  drop(key: string): void
  values(): T[]
}

export type PersistentCollections = {
  /** Opens the collection `name`; beyond `max` entries the oldest is dropped. */
  collection<T>(name: string, shape: z.ZodType<T>, max: number, onDrop?: (value: T) => void): Collection<T>
  [Symbol.dispose](): void
}

type Tables = Map<string, Map<string, unknown>>

/** The file is compacted at the start and whenever it has grown by this much. */
const COMPACT_AFTER_BYTES = 32 * 1024 * 1024

/**
 * Opens the file of the workspace's state: lines of `{ c: collection, k: key, v: value }`, and without `v` for a removal.
 * Lines are written synchronously, so a `kill -9` loses at most the line being written. Without a folder nothing is kept.
 */
export function openPersistentCollections(folder: string | undefined): PersistentCollections {
  const file = folder === undefined ? undefined : journalFile(folder)
  const tables: Tables = file === undefined ? new Map() : replay(file)
  let out = file === undefined ? undefined : compact(file, tables)
  let written = 0

  function append(line: string): void {
    if (out === undefined || file === undefined) return
    writeSync(out, line)
    written += line.length
    if (written < COMPACT_AFTER_BYTES) return
    closeSync(out)
    out = compact(file, tables)
    written = 0
  }

  return {
    collection(name, shape, max, onDrop = () => undefined) {
      const entries = takeUp(tables.get(name) ?? new Map(), shape)
      tables.set(name, entries)
      const drop = (key: string) => {
        const value = entries.get(key)
        if (value === undefined) return
        entries.delete(key)
        append(`${JSON.stringify({ c: name, k: key })}\n`)
        onDrop(value)
      }
      return {
        get: (key) => entries.get(key),
        drop,
        values: () => [...entries.values()],
        put(key, value) {
          entries.set(key, value)
          append(`${JSON.stringify({ c: name, k: key, v: value })}\n`)
          const [oldest] = entries.size > max ? entries.keys() : []
          if (oldest !== undefined) drop(oldest)
        },
      }
    },
    [Symbol.dispose]() {
      if (out !== undefined) closeSync(out)
      out = undefined
    },
  }
}

function journalFile(folder: string): string {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  return join(folder, 'journal.ndjson')
}

function replay(file: string): Tables {
  const tables: Tables = new Map()
  for (const line of readLines(file)) {
    const entry = parseLine(line)
    if (entry === undefined) continue
    const table = tables.get(entry.c) ?? new Map<string, unknown>()
    tables.set(entry.c, table)
    if (entry.v === undefined) table.delete(entry.k)
    else table.set(entry.k, entry.v)
  }
  return tables
}

function readLines(file: string): string[] {
  try {
    return readFileSync(file, 'utf8').split('\n')
  } catch (error) {
    if (isRecord(error) && error.code === 'ENOENT') return []
    throw error
  }
}

/** Returns undefined for a line that a kill cut in half. */
function parseLine(line: string): { c: string; k: string; v: unknown } | undefined {
  const entry = parseJson(line)
  if (!isRecord(entry) || typeof entry.c !== 'string' || typeof entry.k !== 'string') return undefined
  return { c: entry.c, k: entry.k, v: entry.v }
}

/** Writes the present state to a new file, replaces the old one with it, and opens it for appending. */
function compact(file: string, tables: Tables): number {
  const lines = [...tables].flatMap(([c, table]) => [...table].map(([k, v]) => `${JSON.stringify({ c, k, v })}\n`))
  writeFileSync(`${file}.new`, lines.join(''), { mode: 0o600 })
  renameSync(`${file}.new`, file)
  return openSync(file, 'a')
}

/** Entries in the format of an older version are left out. */
function takeUp<T>(raw: Map<string, unknown>, shape: z.ZodType<T>): Map<string, T> {
  const entries = new Map<string, T>()
  for (const [key, value] of raw) {
    const parsed = shape.safeParse(value)
    if (parsed.success) entries.set(key, parsed.data)
  }
  return entries
}
