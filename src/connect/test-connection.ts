import { readSecrets } from '../credentials/secrets.ts'
import { type AppError, isAppError } from '../errors.ts'
import type { Connection } from '../registry/connection.ts'
import type { Connect, ConnectDeps } from './connect.ts'
import { ownConnection } from './own.ts'

/** `tools` is their number. */
export type TestOutcome =
  | { ok: true; ms: number; protocolVersion: string; tools: number }
  | { ok: false; message: string }

export function testing(deps: ConnectDeps): Connect['test'] {
  return async (principal, id, signal) => {
    const connection = await ownConnection(deps.registry, principal, id)
    if (connection === undefined) return { ok: false, message: 'This connection is not there any more.' }
    try {
      return await tested(deps, connection, signal)
    } catch (error) {
      if (signal.aborted)
        return failed(deps, connection, 'failing', 'It did not answer in time. Try again, or press Reconnect.')
      if (!isAppError(error)) throw error
      return failed(deps, connection, statusOf(error), error.message)
    }
  }
}

async function tested(deps: ConnectDeps, connection: Connection, signal: AbortSignal): Promise<TestOutcome> {
  const secrets = await readSecrets(deps.credentials, connection.credential)
  const probe = await deps.mcp.probe(deps.targets.target(connection), secrets, signal)
  const { tools, leftOut, instructions } = probe
  await deps.registry.learn(connection.id, { tools, leftOut, instructions })
  deps.mcp.wake(connection.id)
  await deps.registry.setStatus(connection.id, 'connected')
  return { ok: true, ms: probe.ms, protocolVersion: probe.protocolVersion, tools: tools.length }
}

async function failed(
  deps: ConnectDeps,
  { id }: Connection,
  status: Connection['status'],
  message: string,
): Promise<TestOutcome> {
  await deps.registry.setStatus(id, status, message)
  return { ok: false, message }
}

function statusOf(error: AppError): Connection['status'] {
  return error.code === 'sign_in_needed' || error.code === 'credential_missing' ? 'needs_sign_in' : 'failing'
}
