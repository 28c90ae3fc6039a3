import { Duplex } from 'node:stream'
import { TLSSocket } from 'node:tls'
import { AppError } from '../../errors.ts'

// A row may be as large as its server likes, and drivers keep it until it is whole.
const MAX_ANSWER_BYTES = 64 * 1024 * 1024

/** A stream that a driver opens itself, when it wants to, by calling `connect`. `_host`: whose name Node checks where a driver adds TLS on top and gives none, as it does for an address. */
export type DatabaseStream = Duplex & { connect(): void }

/**
 * Stands between a driver and the connection: it lets through only so much of an answer, and nothing that is not
 * `isReadable`; what a driver throws at words that
 * it cannot read ends the connection, not the process.
 */
export function createDatabaseStream(
  open: () => Promise<Duplex>,
  isReadable: (chunk: Buffer) => boolean = () => true,
  host?: string,
): DatabaseStream {
  let inner: Duplex | undefined
  let received = 0
  const stream = new Duplex({
    read: () => void inner?.resume(),
    write: (chunk, _encoding, done) => {
      // With each request begins another answer.
      received = 0
      inner?.write(chunk, () => done())
    },
    final: (done) => void inner?.end(() => done()),
    destroy: (error, done) => {
      inner?.destroy()
      done(error)
    },
  })
  const take = (chunk: Buffer) => {
    received += chunk.length
    if (received > MAX_ANSWER_BYTES) stream.destroy(tooMuchError())
    else if (!isReadable(chunk)) stream.destroy(unreadableError())
    else if (!stream.push(chunk)) inner?.pause()
  }
  const begin = (opened: Duplex) => {
    if (stream.destroyed) return void opened.destroy()
    inner = opened
    opened.on('data', take)
    opened.on('error', (error) => stream.destroy(error))
    opened.on('close', () => stream.destroy())
    opened.resume()
    stream.emit('connect')
  }
  return Object.assign(withDataGuard(stream), {
    _host: host,
    connect: () => void open().then(begin, (error: Error) => stream.destroy(error)),
    // What drivers ask of a socket.
    setNoDelay: () => undefined,
    setKeepAlive: () => undefined,
    ref: () => undefined,
    unref: () => undefined,
    getPeerCertificate: () => (inner instanceof TLSSocket ? inner.getPeerCertificate() : undefined),
  })
}

/** A driver reads in listeners of `data`: what they throw would be nobody's. */
export function withDataGuard<T extends Duplex>(stream: T): T {
  const emit = stream.emit.bind(stream)
  return Object.assign(stream, {
    emit: (...event: Parameters<typeof emit>) => {
      if (event[0] !== 'data') return emit(...event)
      try {
        return emit(...event)
      } catch (error) {
        stream.destroy(error instanceof Error ? error : new Error(String(error)))
        return true
      }
    },
  })
}

const unreadableError = (): AppError =>
  new AppError('server_unreachable', 'What answered there does not speak as a database does. Check the address.')

const tooMuchError = (): AppError =>
  new AppError(
    'limit_reached',
    `The database sent more than ${MAX_ANSWER_BYTES / 1024 / 1024} MB for this call, so I hung up. Ask for fewer rows or columns, with LIMIT or sums.`,
  )
