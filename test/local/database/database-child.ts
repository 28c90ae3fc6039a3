import { startLocalDatabase } from '../../../src/local/database/start-database.ts'
import { createLog } from '../../../src/log.ts'

/** A process of its own on a database folder: says where the server is, and leaves when its input ends. */
const database = await startLocalDatabase({ dataDir: process.argv[2] ?? '', log: createLog('silent') })
process.stdout.write(`${JSON.stringify({ url: database.url, pid: database.pid })}\n`)
process.stdin.resume()
process.stdin.once('end', () => database[Symbol.asyncDispose]())
