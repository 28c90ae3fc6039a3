import { stripVTControlCharacters } from 'node:util'
import {
  parseJSONRPCMessage,
  SdkError,
  SdkErrorCode,
  serializeMessage,
  type Transport,
} from '@modelcontextprotocol/client'
import { parseLooseJson } from '../protocol/loose-json.ts'
import { TOO_LARGE_CODE, tooLargeMessage } from '../protocol/lost-stream-error.ts'
import { createMessageReader, isReadResult, type MessageReader } from '../protocol/message-reader.ts'
import { type ServerCommand, type ServerProcess, startServerProcess } from './server-process.ts'

// The SDK's own limit for one message; a server that needs more is broken or hostile.
const MAX_LINE_BYTES = 10 * 1024 * 1024
const STDERR_MAX_CHARS = 8_192
const NEWLINE = 10

/** `pid` and `stderr` are what the SDK knows a stdio transport by. */
export type StdioTransport = Transport & {
  readonly pid: number | undefined
  readonly stderr: null
  /** The line of the server's stderr that most likely says what went wrong, or its last one. */
  lastWords(): { line: string; isError: boolean }
  /** Why we ended it ourselves, if it forced us to, in the middle of a sentence. */
  fault(): string | undefined
  /** Ends it at once, for this fault. */
  kill(fault: string): void
  /** How it ended by itself: a signal, or a code. Undefined as long as it runs, and where we ended it. */
  ending(): string | undefined
}

/**
 * MCP over a child's pipes. Unlike the SDK's own: exactly the environment given, the whole process group ended with the
 * server (at once when `shutdown` is aborted), and the end of the server noticed at its exit, not when the last grandchild lets go of the pipe.
 */
export function createStdioTransport(command: ServerCommand, shutdown: AbortSignal): StdioTransport {
  let child: ServerProcess | undefined
  let stderr = ''
  let fault: string | undefined
  let ending: string | undefined
  let closing: Promise<void> | undefined
  const report = (error: unknown) => transport.onerror?.(asError(error))
  const reader = createMessageReader()
  const endFor = (bytes: number): void => transport.kill(`it sent a message of ${Math.round(bytes / 1024 / 1024)} MB`)
  const lines = createLineSplitter(MAX_LINE_BYTES, {
    onLine: (line) => receive(transport, reader, line),
    onSkipped: (line) => refuseTooLarge(transport, reader, line) || endFor(line.bytes),
  })

  const transport: StdioTransport = {
    get pid() {
      return child?.process.pid
    },
    stderr: null,
    lastWords: () => lastWordsIn(stderr),
    fault: () => fault,
    ending: () => ending,
    kill: (why) => {
      fault ??= why
      child?.kill()
    },
    start: async () => {
      const started = await startServerProcess(command, shutdown)
      child = started
      const unwatch = command.watch?.(started.process.pid ?? 0, (why) => transport.kill(why))
      started.process.stdout?.on('data', (chunk: Buffer) => {
        if (fault === undefined && !lines.push(chunk)) endFor(MAX_SKIPPED_BYTES)
      })
      started.process.stderr?.on('data', (chunk: Buffer) => {
        stderr = (stderr + chunk.toString('utf8')).slice(-STDERR_MAX_CHARS)
      })
      for (const pipe of started.process.stdio) pipe?.on('error', (error) => transport.onerror?.(error))
      started.ended
        .then((how) => {
          unwatch?.()
          if (closing === undefined) ending = how
          if (fault === undefined) lines.end()
          transport.onclose?.()
        })
        .catch(report)
    },
    send: (message) => {
      reader.note(message)
      const stdin = child?.process.stdin
      if (!stdin?.writable) return Promise.reject(new SdkError(SdkErrorCode.NotConnected, 'The server has ended.'))
      return new Promise((resolve, reject) =>
        stdin.write(serializeMessage(message), (error) => (error ? reject(error) : resolve())),
      )
    },
    close: () => {
      closing ??= (child?.end() ?? Promise.resolve()).catch(report)
      return closing
    },
  }
  return transport
}

/** A line that is no message (a server that logs to stdout) is reported and skipped. */
function receive(transport: StdioTransport, reader: MessageReader, line: string): void {
  if (line.trim() === '') return
  try {
    for (const message of [reader.read(parseLine(line))].flat())
      transport.onmessage?.(isReadResult(message) ? message : parseJSONRPCMessage(message))
  } catch (error) {
    transport.onerror?.(asError(error))
  }
}

/** Signs of a terminal before a message are no part of it. Words are a log, in which somebody else's message may stand. */
function parseLine(line: string): unknown {
  const start = line.indexOf('{')
  const isBare = start > 0 && stripVTControlCharacters(line.slice(0, start)).trim() === ''
  return parseLooseJson(isBare ? line.slice(start) : line)
}

const asError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)))

function lastWordsIn(stderr: string): { line: string; isError: boolean } {
  const lines = stderr
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('at ') && /[a-z]{3}/i.test(line))
  const error = lines.findLast((line) =>
    /error|fail|cannot|could not|refused|denied|invalid|missing|required/i.test(line),
  )
  return { line: error ?? lines.at(-1) ?? '', isError: error !== undefined }
}

const MAX_SKIPPED_BYTES = 256 * 1024 * 1024
// An id stands in the first or last few fields of an answer.
const EDGE_BYTES = 512

/** A line that was larger than the limit: how large, how it began and how it ended. */
type SkippedLine = { bytes: number; head: string; tail: string }

type LineSplitter = { push(chunk: Buffer): boolean; end(): void }
type LineUse = { onLine(line: string): void; onSkipped(line: SkippedLine): void }

/** Splits a stream of bytes into lines, the last of which may lack its end. One beyond `maxBytes` is read past; `push` says false when it does not end. */
function createLineSplitter(maxBytes: number, { onLine, onSkipped }: LineUse): LineSplitter {
  let parts: Buffer[] = []
  let bytes = 0
  let head: string | undefined
  const append = (part: Buffer): void => {
    bytes += part.length
    parts.push(part)
    if (bytes <= maxBytes) return
    const kept = head === undefined || part.length < EDGE_BYTES ? Buffer.concat(parts) : part
    head ??= kept.subarray(0, EDGE_BYTES).toString('utf8')
    parts = [Buffer.from(kept.subarray(-EDGE_BYTES))]
  }
  const end = (): void => {
    const rest = Buffer.concat(parts).toString('utf8')
    const skipped = head === undefined ? undefined : { bytes, head, tail: rest }
    parts = []
    bytes = 0
    head = undefined
    if (skipped === undefined) onLine(rest)
    else onSkipped(skipped)
  }
  const push = (chunk: Buffer): boolean => {
    let from = 0
    for (let at = chunk.indexOf(NEWLINE); at !== -1; at = chunk.indexOf(NEWLINE, from)) {
      append(chunk.subarray(from, at))
      from = at + 1
      end()
    }
    append(chunk.subarray(from))
    return bytes <= MAX_SKIPPED_BYTES
  }
  return { push, end }
}

const ID_FIRST = /^\s*\{(?:\s*"jsonrpc"\s*:\s*"2\.0"\s*,)?\s*"id"\s*:\s*(\d+)/
const ID_LAST = /"id"\s*:\s*(\d+)\s*(?:,\s*"jsonrpc"\s*:\s*"2\.0"\s*)?\}\s*$/

/** Answers the request whose answer was too large with an error; false where it cannot be told which that was. */
function refuseTooLarge(transport: StdioTransport, reader: MessageReader, { bytes, head, tail }: SkippedLine): boolean {
  const id = Number(ID_FIRST.exec(head)?.[1] ?? ID_LAST.exec(tail)?.[1])
  if (!reader.isOpen(id)) return false
  const error = { code: TOO_LARGE_CODE, message: tooLargeMessage(bytes, MAX_LINE_BYTES) }
  transport.onmessage?.({ jsonrpc: '2.0', id, error })
  return true
}
