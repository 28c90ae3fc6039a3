import type { IncomingMessage, ServerResponse } from 'node:http'
import { errorChain } from '../errors.ts'
import type { Log } from '../log.ts'

export type Health = { database: 'ok' | 'away' }

/** The door for browsers and load balancers. Returns false for a path that is not its own. */
export function createWeb(o: {
  health(): Promise<Health>
  log: Log
}): (request: IncomingMessage, response: ServerResponse) => boolean {
  return (request, response) => {
    if (pathOf(request) !== '/healthz') return false
    o.health().then(
      (health) => answer(response, health),
      (error: unknown) => {
        o.log.error({ reason: errorChain(error) }, 'health could not be found out')
        response.writeHead(500).end()
      },
    )
    return true
  }
}

/** A target that is no address (`//`) is nobody's path; it must not end the process. */
const pathOf = ({ url = '/' }: IncomingMessage): string | undefined => URL.parse(url, 'http://localhost')?.pathname

/** 200 while this process can do its work, 503 while its database is away. */
function answer(response: ServerResponse, health: Health): void {
  const body = JSON.stringify({ app: 'patchbay', pid: process.pid, ...health })
  response.writeHead(health.database === 'ok' ? 200 : 503, { 'content-type': 'application/json' }).end(body)
}
