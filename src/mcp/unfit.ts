import { AppError } from '../errors.ts'

/** What a server asks cannot be put to a person. */
export const unfit = (what: string): AppError =>
  new AppError('server_refused', `The server ${what}, so this was not done.`)

export const cut = (text: string, max: number): string =>
  text.length > max ? `${text.slice(0, max - 1).toWellFormed()}…` : text
