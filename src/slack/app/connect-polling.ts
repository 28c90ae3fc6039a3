import type { ConnectSubmission } from '../../connect/connect-types.ts'
import { errorChainOf } from '../../errors.ts'
import { type Polling, pollEvery } from '../../timing.ts'
import { finishSubmissions } from '../connections/connect-outcome.ts'
import type { SlackDeps } from '../deps.ts'
import type { SlackParts } from './slack-parts.ts'

/** What is left behind is left for minutes, so some seconds do not matter. */
const EVERY_MS = 15_000

/** Finishes what instances that died left of connecting, and takes back sign-ins and secrets that nobody went on with. */
export const createConnectPolling = (
  { connect, log }: SlackParts,
  depsOf: (submission: ConnectSubmission) => SlackDeps,
): Polling =>
  pollEvery(
    { everyMs: EVERY_MS },
    async () => {
      await connect.dropSignIns()
      await connect.secretPages.removeExpired()
      await finishSubmissions(connect, depsOf)
    },
    (error) => log.warn({ why: errorChainOf(error) }, 'unfinished connecting not looked at'),
  )
