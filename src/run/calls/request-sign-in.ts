import type { ConnectionId } from '../../ids.ts'
import type { PendingInputRequest } from '../../mcp/elicitation/input-request.ts'
import type { CallFailure } from '../../mcp/protocol/outcome.ts'
import type { CallState } from '../state/state.ts'

// A server that is not content with two is not asking for a sign-in.
const MAX_PER_CALL = 2

/** What to ask of the person where a sign-in would let the call go on; undefined where it would not. */
export function createSignInRequest(
  call: Pick<CallState, 'inputs'>,
  connection: ConnectionId,
  { challenge, message }: CallFailure,
): PendingInputRequest | undefined {
  const before = call.inputs.filter(({ request }) => request.kind === 'sign_in').length
  if (challenge === undefined || before >= MAX_PER_CALL) return undefined
  const { scope, metadataUrl } = challenge
  const scopes = scope === undefined ? [] : scope.split(/\s+/).filter(Boolean)
  const request = { kind: 'sign_in' as const, connection, message, scopes }
  return { request: { ...request, ...(metadataUrl !== undefined && { metadataUrl }) }, resume: { how: 'again' } }
}
