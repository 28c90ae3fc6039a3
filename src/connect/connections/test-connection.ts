import { type AppError, isAppError } from '../../errors.ts'
import { authChallengeIn } from '../../mcp/protocol/auth-challenge.ts'
import type { Connection } from '../../registry/connection.ts'
import type { Connect, ConnectDeps, TestOutcome } from '../connect-types.ts'
import { openSecretsOf } from '../open-secrets.ts'
import { findManagedConnection } from '../shared/managed-connection.ts'

export function createTestConnection(deps: ConnectDeps): Connect['test'] {
  return async (principal, id, signal) => {
    const connection = await findManagedConnection(deps, principal, id)
    if (connection === undefined) return { ok: false, message: 'This connection is gone. Connect it again.' }
    try {
      return await probeAndSave(deps, connection, signal)
    } catch (error) {
      if (signal.aborted) return saveFailure(deps, connection, 'failing', LATE)
      return failureOutcomeOf(deps, connection, error)
    }
  }
}

const wantsSignIn = ({ signsIn }: Connection, error: AppError): boolean =>
  authChallengeIn(error) !== undefined || (signsIn === true && error.code === 'sign_in_needed')

const LATE = 'It did not answer in time. Try again, or press Reconnect.'

async function failureOutcomeOf(deps: ConnectDeps, connection: Connection, error: unknown): Promise<TestOutcome> {
  if (!isAppError(error)) throw error
  const outcome = await saveFailure(deps, connection, connectionStatusFor(error), error.message)
  return wantsSignIn(connection, error) ? { ...outcome, signIn: true } : outcome
}

async function probeAndSave(deps: ConnectDeps, connection: Connection, signal: AbortSignal): Promise<TestOutcome> {
  const secrets = await openSecretsOf(deps, connection)
  const probe = await deps.mcp.probe(deps.targets.target(connection), secrets, signal, connection.id)
  await deps.registry.saveServerInfo(connection, probe)
  deps.mcp.resetCircuit(connection.id)
  await deps.registry.setStatus(connection, 'connected')
  const { ms, protocolVersion, sandbox } = probe
  return { ok: true, ms, protocolVersion, tools: probe.tools.length, sandbox }
}

async function saveFailure(
  deps: ConnectDeps,
  connection: Connection,
  status: Connection['status'],
  message: string,
): Promise<{ ok: false; message: string }> {
  await deps.registry.setStatus(connection, status, message)
  return { ok: false, message }
}

export function connectionStatusFor(error: AppError): Connection['status'] {
  return error.code === 'sign_in_needed' || error.code === 'credential_missing' ? 'needs_sign_in' : 'failing'
}
