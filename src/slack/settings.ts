import type { App } from '@slack/bolt'
import type { CardInfo } from '../connect/connect.ts'
import { ChannelId, UserId, type WorkspaceId } from '../ids.ts'
import { Anything, isHopeless } from './calls.ts'
import type { Deps } from './deps.ts'
import { onWeightyPress, type Press } from './press.ts'
import { onSubmit, type Submit } from './submit.ts'
import { section } from './views/blocks.ts'
import { budgetForm, sayAllowed } from './views/home-settings.ts'
import { literal, mention } from './views/text.ts'

/** The workspace settings in the Home tab of owners and admins; who may change them is asked again at each press. */
export function registerSettings(app: App, deps: Deps): void {
  const onSetting = (action: string, change: (press: Press) => Promise<void>) =>
    onWeightyPress(app, deps, action, async (press) => {
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
    await scene.open(budgetForm(await deps.settings.of(by.workspace)))
  })
  onSubmit(app, deps, 'setting_budget', (submit) => setBudget(deps, submit))
}

async function changed(work: Promise<unknown>): Promise<void> {
  await work
}

async function mayManage({ people }: Deps, { by, scene }: Press): Promise<boolean> {
  const may = await people.mayManageNow(by.user)
  if (!may) await scene.trouble('Only an owner or admin of this workspace can change this.')
  return may
}

async function setApprovers({ rules, people }: Deps, { by, chosen, scene }: Press): Promise<void> {
  const users = chosen.flatMap((user) => UserId.safeParse(user).data ?? [])
  const found = await Promise.all(users.map((user) => people.of(user)))
  const bot = found.find(({ isBot }) => isBot)
  if (bot === undefined) await rules.setApprovers(by.workspace, by.user, users)
  else await scene.trouble(`${literal(bot.name)} is a bot, and bots never decide. Nothing was changed.`)
}

/** A channel is good when the app can write there: the first message shows it, and tells its members what will come. */
async function setChannel({ calls, settings }: Deps, { by, chosen, scene }: Press): Promise<void> {
  const channel = ChannelId.safeParse(chosen[0])
  if (!channel.success) return
  const text = `${mention(by.user)} chose this channel for approvals. Requests that wait for a decision will appear here.`
  try {
    await calls.call('chat.postMessage', { channel: channel.data, text, blocks: [section(text)] }, Anything)
  } catch (error) {
    if (!isHopeless(error)) throw error
    const how = `I can't write in <#${channel.data}>. Invite me there (type \`/invite @Patchbay\` in it), then choose it again.`
    await scene.trouble(`${how} Nothing was changed.`)
    return
  }
  await settings.change(by, { approvalsChannel: channel.data })
}

async function allowCard({ connect, settings }: Deps, { by, value, scene }: Press): Promise<void> {
  const [name = '', then = ''] = value.split(' ')
  const { cards } = await settings.of(by.workspace)
  if (cards !== undefined && !cards.includes(name)) await settings.change(by, { cards: [...cards, name] })
  await scene.say(sayAllowed(connect.card(name)?.title ?? name, then), 'Connect a tool')
}

async function setBudget(deps: Deps, { by, typed, ack }: Submit): Promise<void> {
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
export async function cardsFor({ connect, settings }: Deps, workspace: WorkspaceId, words?: string) {
  const { cards: allowed } = await settings.of(workspace)
  return connect.cards(words).filter(({ name }) => allowed?.includes(name) ?? true)
}

/** The chosen card is always among the offered, as Slack wants it; whether it may be connected is checked when it is sent. */
export const withCard = (cards: CardInfo[], card: CardInfo): CardInfo[] =>
  cards.some(({ name }) => name === card.name) ? cards : [...cards, card]
