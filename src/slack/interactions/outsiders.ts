import type { ReceiverEvent } from '@slack/bolt'
import { z } from 'zod'
import { errorChainOf, isAppError } from '../../errors.ts'
import { UserId } from '../../ids.ts'
import type { OutsiderRight } from '../../policy/settings.ts'
import { withDeadline } from '../../timing.ts'
import { errorMessage, errorModal } from '../blocks/error-message.ts'
import type { PolicyDeps, WebApiDeps } from '../deps.ts'
import { isAllowedOutsider, kindByRefusal, type OutsiderKind } from '../web-api/users.ts'
import { slackErrorCodeOf } from '../web-api/web-api.ts'
import { postDirectly, postEphemeral } from './post-in-thread.ts'
import { MessageFields, pressedMessageOf } from './pressed-message.ts'

type Deps = WebApiDeps & Pick<PolicyDeps, 'settings'>

/** An interaction has to be acknowledged in 3 s. */
const LOOKUP_TIMEOUT_MS = 1_200

/** Why nothing is done for them. */
const REFUSALS: Record<OutsiderKind, string> = {
  bot: 'Only people can use me.',
  left: 'Your account was deactivated here, so I cannot work for you.',
  guest:
    'You are a guest here, and guests cannot do this with me. An owner of this workspace can allow it in my Home tab.',
  stranger:
    'You are from another organization, and only the people of this workspace can do this with me. An owner of this workspace can allow it in my Home tab.',
}

/**
 * Why this person may not do this here, as a sentence; undefined for full members, and for others what an owner allowed. Who Slack
 * does not show is a stranger. Where Slack cannot be reached, a person counts as they were last seen, at first as a member.
 */
export async function outsiderRefusalFor(deps: Deps, user: UserId, right: OutsiderRight): Promise<string | undefined> {
  const kind = await kindOf(deps, user)
  if (kind === undefined) return undefined
  const { outsiders } = await deps.settings.of((await deps.bot()).workspace)
  return isAllowedOutsider(outsiders, kind, right) ? undefined : REFUSALS[kind]
}

async function kindOf({ people, log }: Deps, user: UserId): Promise<OutsiderKind | undefined> {
  try {
    const found = await withDeadline(people.of(user), LOOKUP_TIMEOUT_MS, undefined)
    return found?.outsider
  } catch (error) {
    if (!isAppError(error, 'slack_failed')) throw error
    log.warn({ user, why: errorChainOf(error) }, 'not known whether a person belongs to the workspace')
    return kindByRefusal(slackErrorCodeOf(error))
  }
}

const Interaction = z.object({
  type: z.string().optional(),
  command: z.string().optional(),
  text: z.string().optional(),
  user_id: z.string().optional(),
  callback_id: z.string().optional(),
  user: z.object({ id: z.string() }).optional(),
  actions: z.array(z.object({ action_id: z.string().optional(), value: z.string().optional() })).default([]),
  view: z.object({ callback_id: z.string().optional() }).optional(),
  ...MessageFields.shape,
})
type Interaction = z.infer<typeof Interaction>

/** What an outsider may always do: end what was begun. */
const ALWAYS = /^(run_stop|disconnect|rule_revoke|watch_stop)/
const APPROVE = /^approvals?_/
const CONNECT = /^(connect|import|card_|sign_in|search|setting_card)/

/** Acknowledges a press, submission or command of an outsider who may not do it, and says why; true where it did. Events pass. */
export async function refuseOutsider(deps: Deps, { body, ack }: ReceiverEvent): Promise<boolean> {
  if (body.type === 'event_callback') return false
  const { data: sent } = Interaction.safeParse(body)
  const user = UserId.safeParse(sent?.user?.id ?? sent?.user_id).data
  if (sent === undefined || user === undefined) return false
  const right = rightFor(sent)
  const why = right && (await outsiderRefusalFor(deps, user, right))
  if (why === undefined) return false
  deps.log.info({ user, right }, 'an outsider was refused')
  if (sent.command !== undefined) await ack({ response_type: 'ephemeral', text: why })
  else if (sent.type === 'view_submission') await ack({ response_action: 'update', view: errorModal(why) })
  else if (sent.type === 'block_suggestion') await ack({ options: [] })
  else {
    await ack()
    await tell(deps, user, sent, why)
  }
  return true
}

/** A command that a button runs is judged by its name. */
function rightFor({ command, text, callback_id, actions, view }: Interaction): OutsiderRight | undefined {
  const [action] = actions
  const pressed = action?.action_id?.startsWith('command_run') ? action.value : action?.action_id
  const name = (command === undefined ? (pressed ?? view?.callback_id ?? callback_id) : text)?.trim() ?? ''
  if (ALWAYS.test(name)) return undefined
  if (APPROVE.test(name)) return 'approve'
  return CONNECT.test(name) ? 'connect' : 'run'
}

async function tell(deps: Deps, user: UserId, sent: Interaction, why: string): Promise<void> {
  const message = pressedMessageOf(sent)
  if (message === undefined) return postDirectly(deps, user, errorMessage(why))
  await postEphemeral(deps, { channel: message.channel, user, thread: message.thread }, why)
}
