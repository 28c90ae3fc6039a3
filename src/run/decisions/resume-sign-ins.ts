import { errorChainOf } from '../../errors.ts'
import type { ConnectionId, Principal } from '../../ids.ts'
import type { Log } from '../../log.ts'
import type { Runs } from '../runs.ts'

/** `by`: unknown where the sign-in was. `action`: undefined where it failed and may be tried again. */
export type SignInEnd = {
  by?: Principal | undefined
  connections: ConnectionId[]
  action: 'accept' | 'decline' | undefined
}

/** Answers the runs that wait for a sign-in with one of these connections. Never throws, as the person can press Sign in again. */
export async function resumeSignIns(
  { runs, log }: { runs: Runs; log: Log },
  { by, connections, action }: SignInEnd,
): Promise<void> {
  if (by === undefined || action === undefined) return
  try {
    for (const { state, input } of await runs.openInputs(by)) {
      const { request } = input
      if (request.kind === 'sign_in' && connections.includes(request.connection))
        await runs.answerInput({ run: state.id, input: input.id, by, action })
    }
  } catch (error) {
    log.error({ workspace: by.workspace, reason: errorChainOf(error) }, 'a run was not told of a sign-in')
  }
}
