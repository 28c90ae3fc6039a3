import { AppError } from '../../errors.ts'

export function unavailable(message: string, cause?: unknown): AppError {
  return new AppError('database_unavailable', message, { cause })
}
