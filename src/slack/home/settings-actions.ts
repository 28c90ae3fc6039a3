import type { App } from '@slack/bolt'
import type { CardInfo } from '../../connect/connect.ts'
import { ChannelId, UserId, type WorkspaceId } from '../../ids.ts'
import { sectionBlock } from '../blocks/blocks.ts'
import { escapeMrkdwn, mentionOf } from '../blocks/text.ts'
import type { SlackDeps } from '../deps.ts'
import { type BlockAction, onDurablePress } from '../interactions/button-press.ts'
import { onViewSubmission, type ViewSubmission } from '../interactions/view-submission.ts'
import { AnyResponse, isPermanentError } from '../web-api/web-api.ts'
import { allowedCardMessage, budgetModal } from './home-settings.ts'

/** The workspace settings in the Home tab of owners and admins; who may change them is asked again at each press. */
export function registerSettings(app: App, deps: SlackDeps): void {
  const onSetting = (action: string, change: (press: BlockAction) => Promise<void>) =>
    onDurablePress(app, deps, action, async (press) => {
      if (await mayManage(deps, press)) await change(press)
      await deps.paintHome(press.by)
    })
  onSetting('setting_approvers', (press) => setApprovers(deps, press))
  onSetting('setting_channel', (press) => setChannel(deps, press))
  onSetting('setting_channel_none', ({ by }) => changed(deps.settings.change(by, { approvalsChannel: null })))
  onSetting('setting_cards', ({ by, chosen }) =>
    changed(deps.settings.change(by, { cards: chosen.length === 0 ? null : chosen })),
  )
  onSetting('setting_card', (press) => allowCard(deps, press))
  onSetting('setting_budget', async ({ by, scene }) => {
    await scene.openModal(budgetModal(await deps.settings.of(by.workspace)))
  })
  onViewSubmission(app, deps, 'setting_budget', (submit) => setBudget(deps, submit))
}

async function changed(work: Promise<unknown>): Promise<void> {
  await work
}

async function mayManage({ people }: SlackDeps, { by, scene }: BlockAction): Promise<boolean> {
  const may = await people.mayManageNow(by.user)
  if (!may) await scene.replyError('Only an owner or admin of this workspace can change this.')
  return may
}

async function setApprovers({ rules, people }: SlackDeps, { by, chosen, scene }: BlockAction): Promise<void> {
  const users = chosen.flatMap((user) => UserId.safeParse(user).data ?? [])
  const found = await Promise.all(users.map((user) => people.of(user)))
  const bot = found.find(({ isBot }) => isBot)
  if (bot === undefined) await rules.setApprovers(by.workspace, by.user, users)
  else await scene.replyError(`${escapeMrkdwn(bot.name)} is a bot, and bots never decide. Nothing was changed.`)
}

/** A channel is good when the app can write there: the first message shows it, and tells its members what will come. */
async function setChannel({ webApi, settings }: SlackDeps, { by, chosen, scene }: BlockAction): Promise<void> {
  const channel = ChannelId.safeParse(chosen[0])
  if (!channel.success) return
  const text = `${mentionOf(by.user)} chose this channel for approvals. Requests that wait for a decision will appear here.`
  try {
    await webApi.call('chat.postMessage', { channel: channel.data, text, blocks: [sectionBlock(text)] }, AnyResponse)
  } catch (error) {
    if (!isPermanentError(error)) throw error
    const how = `I can't write in <#${channel.data}>. Invite me there (type \`/invite @Patchbay\` in it), then choose it again.`
    await scene.replyError(`${how} Nothing was changed.`)
    return
  }
  await settings.change(by, { approvalsChannel: channel.data })
}

async function allowCard({ connect, settings }: SlackDeps, { by, value, scene }: BlockAction): Promise<void> {
  const [name = '', then = ''] = value.split(' ')
  const { cards } = await settings.of(by.workspace)
  if (cards !== undefined && !cards.includes(name)) await settings.change(by, { cards: [...cards, name] })
  await scene.reply(allowedCardMessage(connect.card(name)?.title ?? name, then), 'Connect a tool')
}

async function setBudget(deps: SlackDeps, { by, typed, ack }: ViewSubmission): Promise<void> {
  if (!(await deps.people.mayManageNow(by.user))) {
    await ack({ response_action: 'errors', errors: { budget: 'Only an owner or admin can change this.' } })
    return
  }
  const text = typed.budget?.trim() ?? ''
  const usd = Number(text)
  if (!Number.isFinite(usd) || usd < 0) {
    await ack({ response_action: 'errors', errors: { budget: 'Please enter an amount like 50 or 12.50.' } })
    return
  }
  await deps.settings.change(by, { budgetUsd: text === '' ? null : usd })
  await ack()
  await deps.paintHome(by)
}

/** The services people here may connect. */
export async function allowedCardsFor({ connect, settings }: SlackDeps, workspace: WorkspaceId, words?: string) {
  const { cards: allowed } = await settings.of(workspace)
  return connect.cards(words).filter(({ name }) => allowed?.includes(name) ?? true)
}

/** The chosen card is always among the offered, as Slack wants it; whether it may be connected is checked when it is sent. */
export const toggleAllowedCard = (cards: CardInfo[], card: CardInfo): CardInfo[] =>
  cards.some(({ name }) => name === card.name) ? cards : [...cards, card]
