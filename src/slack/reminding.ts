import { errorChain } from '../errors.ts'
import type { ApprovalId } from '../ids.ts'
import { deciders } from '../policy/decide.ts'
import type { Reminders } from '../run/reminders.ts'
import type { Shown } from '../run/runs.ts'
import type { ApprovalState, CallState, RunState } from '../run/state.ts'
import { Anything, isHopeless } from './calls.ts'
import type { Deps } from './deps.ts'
import type { Offices } from './offices.ts'
import { reminder } from './views/approval-card.ts'

/** An hour's reminder needs no more attention than this. */
const LOOK_EVERY_MS = 15_000

type RemindingDeps = Pick<Deps, 'runs' | 'log'> & { offices: Offices }

type Found = { state: RunState; call: CallState; approval: ApprovalState }

/** Reminds those who may decide before an approval expires: below each of its cards, where they see it. */
export function createReminding(deps: RemindingDeps, reminders: Reminders): { start(): void; close(): void } {
  let timer: NodeJS.Timeout | undefined
  let closed = false
  const look = async () => {
    try {
      for (const id of await reminders.claim()) await remind(deps, reminders, id)
    } catch (error) {
      deps.log.warn({ why: errorChain(error) }, 'reminders not looked at')
    }
    if (!closed) start()
  }
  const start = () => {
    timer = setTimeout(() => void look(), LOOK_EVERY_MS)
  }
  return {
    start,
    close() {
      closed = true
      clearTimeout(timer)
    },
  }
}

async function remind(deps: RemindingDeps, reminders: Reminders, id: ApprovalId): Promise<void> {
  let sent = 0
  try {
    const found = await deps.runs.approval(id)
    const approval = found?.call.approval
    if (found === undefined || approval === undefined || approval.decided) return
    const office = deps.offices.of(found.state.origin)
    for (const card of await cardsOf(deps, found.state, id)) {
      await tell(office.deps, { ...found, approval }, card)
      sent += 1
    }
    deps.log.info({ run: found.state.id, approval: id, sent }, 'reminded of an approval')
  } catch (error) {
    deps.log.warn({ approval: id, sent, why: errorChain(error) }, 'reminder not sent')
    // Half sent is better than sent twice.
    if (sent === 0) await reminders.giveBack(id)
  }
}

const cardsOf = async ({ runs }: RemindingDeps, { id: run }: RunState, id: ApprovalId): Promise<Shown[]> =>
  (await runs.shown.of(run)).filter(({ key }) => key.startsWith(`approval:${id}:`))

async function tell(deps: Deps, found: Found, { channel, ts }: Shown): Promise<void> {
  const { origin } = found.state
  const approvers = await deps.rules.approversOf(origin.workspace)
  const { risk, fourEyes } = found.approval
  // In somebody's direct messages only they are meant, and the message alone tells them.
  const alone = channel.startsWith('D')
  const called = alone ? [] : deciders({ risk, fourEyes, requester: origin.user, approvers })
  const place = { channel, thread_ts: channel === origin.channel ? origin.threadTs : ts }
  const saying = { ...reminder(found, called), unfurl_links: false, unfurl_media: false }
  try {
    await deps.calls.call('chat.postMessage', { ...place, ...saying }, Anything)
  } catch (error) {
    if (!isHopeless(error)) throw error
    deps.log.warn({ channel, why: errorChain(error) }, 'nobody can be reminded there')
  }
}
