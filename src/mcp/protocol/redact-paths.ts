import { mkdir, realpath } from 'node:fs/promises'
import type { StdioTarget } from './server-target.ts'

/** Takes this machine's paths out of what a server says: one in its own folder becomes relative, any other of ours `…`. */
export type RedactPaths = (text: string) => string

const INSTEAD = '…'
/** The folder with what follows in it, or the folder alone; not one whose name merely begins alike. */
const AFTER_FOLDER = String.raw`(?:(?<inner>/+(?=[^\s'"\x60/]))|/*(?![\w-]|\.\w))`
/** To where a path in a sentence or in JSON ends. */
const REST_OF_PATH = String.raw`(?:/[^\s'"\x60<>|,;()\[\]{}]*|(?![\w-]))`

/** Makes the target's folders, and knows them also by their real names, as servers that follow links say them. */
export async function createPathRedactor({ folders, around = [] }: StdioTarget): Promise<RedactPaths> {
  for (const folder of folders) await mkdir(folder, { recursive: true, mode: 0o700 })
  return hidePaths(await spelled(folders), await spelled(around))
}

/** The server's folder is also its working directory, so what is left of a path can be used as it stands. */
function hidePaths(folders: string[], around: string[]): RedactPaths {
  const inside = new RegExp(`${anyOf(folders)}${AFTER_FOLDER}`, 'g')
  const outside = around.length === 0 ? undefined : new RegExp(`${anyOf(around)}${REST_OF_PATH}`, 'g')
  return (text) => {
    const left = text.replace(inside, (_, inner: string | undefined) => (inner === undefined ? '.' : ''))
    return outside === undefined ? left : left.replace(outside, INSTEAD)
  }
}

async function spelled(folders: string[]): Promise<string[]> {
  const real = await Promise.all(folders.map(realOf))
  const names = [...folders, ...real].flatMap((folder) => [folder, encodeURI(folder)])
  return [...new Set(names)].toSorted((a, b) => b.length - a.length)
}

async function realOf(folder: string): Promise<string> {
  return realpath(folder).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return folder
    throw error
  })
}

const anyOf = (texts: string[]): string =>
  `(?:${texts.map((text) => text.replaceAll(/[^\w/]/g, String.raw`\$&`)).join('|')})`
