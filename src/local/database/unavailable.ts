import { AppError } from '../../errors.ts'

export function createUnavailableError(message: string, cause?: unknown): AppError {
  return new AppError('database_unavailable', message, { cause })
}
