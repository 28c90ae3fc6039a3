import { AppError } from '../../errors.ts'

/** What a server asks cannot be put to a person. */
export const createUnaskableError = (what: string): AppError =>
  new AppError('server_refused', `The server ${what}, so this was not done.`)

/** At most `max` characters, cut after a word where one ends near by. */
export function truncateAtWord(text: string, max: number): string {
  if (text.length <= max) return text
  const head = text.slice(0, max - 1).toWellFormed()
  const words = head.replace(/\s+\S{0,24}$/, '')
  return `${words === '' ? head : words}…`
}
