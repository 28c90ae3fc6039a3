import type { App } from '@slack/bolt'
import { ChannelId, UserId } from '../../ids.ts'
import { OUTSIDER_RIGHTS } from '../../policy/settings.ts'
import { approverProblemOf } from '../approvals/able-approvers.ts'
import { sectionBlock } from '../blocks/build-blocks.ts'
import { mentionOf } from '../blocks/text.ts'
import type { ConnectionDeps, HomeTabDeps, PolicyDeps, WebApiDeps } from '../deps.ts'
import { type BlockAction, onDurablePress } from '../interactions/interaction.ts'
import { onViewSubmission, type ViewSubmission } from '../interactions/modals.ts'
import { AnyResponse, isPermanentError } from '../web-api/web-api.ts'
import { allowedCardMessage, budgetModal, readBudget } from './home-settings.ts'
import { ownerProblemOf } from './owners-command.ts'

/** Listens to the workspace settings in the Home tab; each press checks again that the person is an owner. */
export function registerSettings(app: App, deps: WebApiDeps & ConnectionDeps & PolicyDeps & HomeTabDeps): void {
  const onSetting = (action: string, change: (press: BlockAction) => Promise<void>) =>
    onDurablePress(app, deps, action, async (press) => {
      if (await mayManage(deps, press)) await change(press)
      await press.ack()
      await deps.publishHome(press.by)
    })
  onSetting('setting_approvers', (press) =>
    setPeople(
      press,
      (user) => approverProblemOf(deps, user),
      (users) => deps.rules.setApprovers(press.by.workspace, press.by.user, users),
    ),
  )
  onSetting('setting_owners', (press) =>
    setPeople(
      press,
      (user) => ownerProblemOf(deps, user),
      (users) => deps.settings.setOwners(press.by, users),
    ),
  )
  onSetting('setting_channel', (press) => setChannel(deps, press))
  onSetting('setting_channel_none', async ({ by }) => {
    await deps.settings.change(by, { approvalsChannel: null })
  })
  onSetting('setting_cards', async ({ by, chosen }) => {
    await deps.settings.change(by, { cards: chosen.length === 0 ? null : chosen })
  })
  onSetting('setting_outsiders', (press) => setOutsiders(deps, press))
  onSetting('setting_card', (press) => allowCard(deps, press))
  onSetting('setting_budget', async ({ by, responder }) => {
    await responder.openModal(budgetModal(await deps.settings.of(by.workspace)))
  })
  onViewSubmission(app, deps, 'setting_budget', (submit) => setBudget(deps, submit))
}

async function mayManage({ people }: WebApiDeps, { by, responder }: BlockAction): Promise<boolean> {
  const may = await people.mayManageNow(by.user)
  if (!may) await responder.replyError('Only an owner of this workspace can change this.')
  return may
}

async function setOutsiders({ settings }: PolicyDeps, { by, actionId, chosen }: BlockAction): Promise<void> {
  const { outsiders } = await settings.of(by.workspace)
  const rights = OUTSIDER_RIGHTS.filter((right) => chosen.includes(right))
  const kind = actionId.endsWith(':guest') ? 'guest' : 'stranger'
  await settings.change(by, { outsiders: { ...outsiders, [kind]: rights } })
}

/** Sets the people that were chosen, unless one of them cannot be what they are chosen as. */
async function setPeople(
  { chosen, responder }: BlockAction,
  problemOf: (user: UserId) => Promise<string | undefined>,
  set: (users: UserId[]) => Promise<void>,
): Promise<void> {
  const users = chosen.flatMap((user) => UserId.safeParse(user).data ?? [])
  const problems = (await Promise.all(users.map(problemOf))).filter(Boolean)
  if (problems.length === 0) await set(users)
  else await responder.replyError(`${problems.join(' ')} Nothing was changed.`)
}

/** The first message proves that the app can post in the channel, and tells its members what will come. */
async function setChannel(
  { webApi, settings }: WebApiDeps & PolicyDeps,
  { by, chosen, responder }: BlockAction,
): Promise<void> {
  const channel = ChannelId.safeParse(chosen[0])
  if (!channel.success) return
  // A press that was stored, and acknowledged too late, is pressed again.
  if ((await settings.of(by.workspace)).approvalsChannel === channel.data) return
  const text = `${mentionOf(by.user)} chose this channel for approvals. Requests that wait for a decision will appear here.`
  try {
    await webApi.call('chat.postMessage', { channel: channel.data, text, blocks: [sectionBlock(text)] }, AnyResponse)
  } catch (error) {
    if (!isPermanentError(error)) throw error
    const how = `I can't write in <#${channel.data}>. Invite me there (type \`/invite @Patchbay\` in it), then choose it again.`
    await responder.replyError(`${how} Nothing was changed.`)
    return
  }
  await settings.change(by, { approvalsChannel: channel.data })
}

async function allowCard(
  { connect, settings }: ConnectionDeps & PolicyDeps,
  { by, value, responder, ack }: BlockAction,
): Promise<void> {
  const [name = '', then = ''] = value.split(' ')
  const { cards } = await settings.of(by.workspace)
  if (cards !== undefined && !cards.includes(name)) await settings.change(by, { cards: [...cards, name] })
  await ack()
  await responder.reply(allowedCardMessage(connect.card(name)?.title ?? name, then), 'Connect a tool')
}

async function setBudget(
  deps: WebApiDeps & PolicyDeps & HomeTabDeps,
  { by, typed, ack }: ViewSubmission,
): Promise<void> {
  if (!(await deps.people.mayManageNow(by.user))) {
    await ack({ response_action: 'errors', errors: { budget: 'Only an owner can change this.' } })
    return
  }
  const budget = readBudget(typed.budget ?? '')
  if ('problem' in budget) {
    await ack({ response_action: 'errors', errors: { budget: budget.problem } })
    return
  }
  await deps.settings.change(by, { budgetUsd: budget.usd })
  await ack()
  await deps.publishHome(by)
}
