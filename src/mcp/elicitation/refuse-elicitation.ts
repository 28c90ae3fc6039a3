import { AppError } from '../../errors.ts'

/** What a server asks cannot be put to a person. */
export const createUnaskableError = (what: string): AppError =>
  new AppError('server_refused', `The server ${what}, so this was not done.`)
