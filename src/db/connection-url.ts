import { Client } from 'pg'
import { AppError, hasSystemCode } from '../errors.ts'

/** pg reads these as verify-full, and prints a warning of several lines that says so. */
const VERIFIED = /([?&]sslmode=)(?:prefer|require|verify-ca)(?=&|$)/

/** The string as pg takes it. Throws AppError `config_invalid` for one that cannot be read; its text is never repeated, as it holds a password. */
export function connectionStringOf(url: string): string {
  const string = url.includes('uselibpqcompat=') ? url : url.replace(VERIFIED, '$1verify-full')
  readClient(string)
  return string
}

/** Who is asked for, and where, without the password; for whoever started the app. */
export function describeConnection(url: string): string {
  const { user, host, port, database } = readClient(url)
  return `DATABASE_URL is user "${user}" at ${host}:${port}, database "${database}".`
}

function readClient(url: string): Client {
  if (!/^postgres(ql)?:\/\//.test(url)) throw unreadable('a connection string begins with postgres://')
  try {
    return new Client({ connectionString: url })
  } catch (error) {
    if (hasSystemCode(error, 'ENOENT') || hasSystemCode(error, 'EACCES'))
      throw unreadable('a file it names (sslrootcert, sslcert or sslkey) cannot be opened', error)
    throw unreadable('write special characters in the password percent-encoded, as %2F for / and %23 for #')
  }
}

const unreadable = (why: string, cause?: unknown): AppError =>
  new AppError('config_invalid', `DATABASE_URL cannot be read: ${why}.`, { cause })
