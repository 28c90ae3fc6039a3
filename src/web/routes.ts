import type { IncomingMessage, ServerResponse } from 'node:http'

export type Health = { database: 'ok' | 'away' }

/** The door for browsers and load balancers. Returns false for a path that is not its own. */
export function createWeb(o: {
  health(): Promise<Health>
}): (request: IncomingMessage, response: ServerResponse) => boolean {
  return (request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost')
    if (pathname !== '/healthz') return false
    void o.health().then((health) => answer(response, health))
    return true
  }
}

/** 200 while this process can do its work, 503 while its database is away. */
function answer(response: ServerResponse, health: Health): void {
  const body = JSON.stringify({ app: 'patchbay', pid: process.pid, ...health })
  response.writeHead(health.database === 'ok' ? 200 : 503, { 'content-type': 'application/json' }).end(body)
}
