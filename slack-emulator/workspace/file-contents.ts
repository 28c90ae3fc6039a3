import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isRecord } from '../../src/block-kit/problem.ts'

/** The bytes of uploaded files, by file id: in the folder, or in memory where there is none. */
export type FileContents = {
  get(id: string): Buffer | undefined
  put(id: string, bytes: Buffer): void
  drop(id: string): void
}

export function createFileContents(folder: string | undefined): FileContents {
  return folder === undefined ? inMemory() : inFolder(join(folder, 'files'))
}

function inMemory(): FileContents {
  const bytes = new Map<string, Buffer>()
  return {
    get: (id) => bytes.get(id),
    put: (id, given) => bytes.set(id, given),
    drop: (id) => bytes.delete(id),
  }
}

/** Ids are `F` and hex digits, so they are safe as file names. */
function inFolder(folder: string): FileContents {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  return {
    get(id) {
      try {
        return readFileSync(join(folder, id))
      } catch (error) {
        if (isRecord(error) && error.code === 'ENOENT') return undefined
        throw error
      }
    },
    put: (id, given) => writeFileSync(join(folder, id), given, { mode: 0o600 }),
    drop: (id) => rmSync(join(folder, id), { force: true }),
  }
}
