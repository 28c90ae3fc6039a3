import type { ConversationsSelect, KnownBlock, ModalView, MultiStaticSelect, MultiUsersSelect } from '@slack/types'
import { LIMITS } from '../../block-kit/limits.ts'
import type { CardInfo } from '../../connect/connect-types.ts'
import type { Rule } from '../../policy/rules.ts'
import {
  OUTSIDER_RIGHTS,
  type OutsiderRight,
  type OutsiderRights,
  type WorkspaceSettings,
} from '../../policy/settings.ts'
import type { OwnCard } from '../../registry/own-cards.ts'
import type { MonthUsage } from '../../run/usage.ts'
import {
  actionsBlock,
  createBudgetButton,
  createButton,
  createCommandButton,
  createModal,
  createOption,
  DIVIDER_BLOCK,
  headerBlock,
  inputBlock,
  type MessageContent,
  plainTextObject,
  sectionBlock,
} from '../blocks/build-blocks.ts'
import { formatBar, formatMoney } from '../blocks/figures.ts'
import { readNumber } from '../blocks/read-number.ts'
import { escapeMrkdwn, pluralize } from '../blocks/text.ts'
import { type WorkspaceRules, workspaceRulesBlocks } from '../rules/workspace-rules-blocks.ts'
import { appsTextOf } from './apps-command.ts'

/** The workspace settings as owners see them. */
export type WorkspaceSettingsView = {
  settings: WorkspaceSettings
  usage: MonthUsage
  cards: CardInfo[]
  /** The cards that somebody here wants to share. */
  asked: OwnCard[]
  groups: WorkspaceRules['groups']
}

/** The warning on top of the Home tab of owners. */
export function overBudgetBlocks({ settings, usage }: WorkspaceSettingsView): KnownBlock[] {
  if (settings.budgetUsd === undefined || usage.costUsd < settings.budgetUsd) return []
  const spent = `${formatMoney(usage.costUsd)} of ${formatMoney(settings.budgetUsd)}`
  const words = `:warning: *This month's budget is used up* (${spent}). I will not start new requests until you raise it or next month begins.`
  return [sectionBlock(words, createBudgetButton(settings)), DIVIDER_BLOCK]
}

/** The fields of the workspace settings; each is saved when it is chosen. */
export function settingsBlocks(view: WorkspaceSettingsView, rules: Rule[]): KnownBlock[] {
  const { settings, usage, cards } = view
  return [
    headerBlock('Workspace settings'),
    sectionBlock('Only owners see this. Changes are saved right away.', createCommandButton('Audit', 'audit')),
    settingBlock(
      '*Approvers*\nThey decide on anything that can destroy or overwrite something. If nobody is chosen, people decide on their own requests.',
      approversSelect(settings),
    ),
    settingBlock(
      '*Owners*\nThe owners and admins of this Slack workspace are owners here, and so is everybody you choose. They may change rules and these settings, share connections and read the audit. Whoever you take out loses that at once.',
      ownersSelect(settings),
    ),
    settingBlock(
      '*Where approvals are asked*\nA channel for requests that somebody else must decide. Its members see the details. Without one, I ask in the thread, and by direct message if an approver cannot see it.',
      channelSelect(settings),
    ),
    ...(settings.approvalsChannel === undefined ? [] : [actionsBlock([noChannelButton])]),
    settingBlock(
      `*What people may connect*\n${settings.cards === undefined ? 'Everything. Choose services to allow only those' : pluralize(settings.cards.length, 'service')}. Existing connections stay.`,
      cardsSelect(settings, cards),
    ),
    ...workspaceRulesBlocks(workspaceRulesIn(view, rules), { mayManage: true, most: RULES_SHOWN }),
    settingBlock(
      '*What guests may do*\nPeople with a guest account in this workspace. If nothing is chosen, I do nothing for them.',
      outsiderSelect(settings, 'guest'),
    ),
    settingBlock(
      '*What people of other organizations may do*\nThey are in channels that you share with another company. If nothing is chosen, I do nothing for them.',
      outsiderSelect(settings, 'stranger'),
    ),
    sectionBlock(`*Other apps*\n${appsTextOf(settings.apps)}`),
    sectionBlock(budgetText(settings, usage), createBudgetButton(settings)),
  ]
}

const RULES_SHOWN = 5

const workspaceRulesIn = ({ settings, cards, groups }: WorkspaceSettingsView, rules: Rule[]): WorkspaceRules => ({
  rules,
  groups,
  connectors: settings.connectors,
  titleOf: (name) => cards.find((card) => card.name === name)?.title ?? name,
})

type Select = MultiUsersSelect | ConversationsSelect | MultiStaticSelect

const settingBlock = (mrkdwn: string, accessory: Select): KnownBlock => ({ ...sectionBlock(mrkdwn), accessory })

const approversSelect = ({ approvers }: WorkspaceSettings): MultiUsersSelect => ({
  type: 'multi_users_select',
  action_id: 'setting_approvers',
  placeholder: plainTextObject('Choose approvers', LIMITS.placeholder),
  ...(approvers.length > 0 && { initial_users: approvers.slice(0, 100) }),
})

const ownersSelect = ({ owners }: WorkspaceSettings): MultiUsersSelect => ({
  type: 'multi_users_select',
  action_id: 'setting_owners',
  placeholder: plainTextObject('Choose owners', LIMITS.placeholder),
  ...(owners.length > 0 && { initial_users: owners.slice(0, 100) }),
})

const channelSelect = ({ approvalsChannel }: WorkspaceSettings): ConversationsSelect => ({
  type: 'conversations_select',
  action_id: 'setting_channel',
  placeholder: plainTextObject('Choose a channel', LIMITS.placeholder),
  filter: { include: ['public', 'private'], exclude_external_shared_channels: true },
  ...(approvalsChannel !== undefined && { initial_conversation: approvalsChannel }),
})

const noChannelButton = createButton({ text: 'Ask in threads again', action: 'setting_channel_none', value: 'none' })

function cardsSelect({ cards: allowed }: WorkspaceSettings, cards: CardInfo[]): MultiStaticSelect {
  const options = cards.slice(0, LIMITS.options.select).map((card) => createOption(card.title, card.name))
  const chosen = options.filter(({ value }) => allowed?.includes(value ?? ''))
  return {
    type: 'multi_static_select',
    action_id: 'setting_cards',
    placeholder: plainTextObject('All services', LIMITS.placeholder),
    options,
    ...(chosen.length > 0 && { initial_options: chosen }),
  }
}

const RIGHT_TEXTS: Record<OutsiderRight, string> = {
  run: 'Ask me for work',
  connect: 'Connect tools',
  approve: 'Approve',
}

function outsiderSelect({ outsiders }: WorkspaceSettings, kind: keyof OutsiderRights): MultiStaticSelect {
  const options = OUTSIDER_RIGHTS.map((right) => createOption(RIGHT_TEXTS[right], right))
  const chosen = options.filter(({ value }) =>
    OUTSIDER_RIGHTS.some((one) => one === value && outsiders[kind].includes(one)),
  )
  return {
    type: 'multi_static_select',
    action_id: `setting_outsiders:${kind}`,
    placeholder: plainTextObject('Nothing', LIMITS.placeholder),
    options,
    ...(chosen.length > 0 && { initial_options: chosen }),
  }
}

function budgetText({ budgetUsd }: WorkspaceSettings, { costUsd, runs }: MonthUsage): string {
  const used = `So far this month, everybody together: ${pluralize(runs, 'request')}, ${formatMoney(costUsd)}.`
  if (budgetUsd === undefined) return `*Monthly budget*\nNo limit. ${used}`
  const share = budgetUsd === 0 ? 1 : costUsd / budgetUsd
  return `*Monthly budget: ${formatMoney(budgetUsd)}*\n\`${formatBar(share, 20)}\` ${Math.round(share * 100)}% used. ${used}`
}

/** Says that a card is allowed now and offers to connect it; `then` is the name that was to be connected. */
export function allowedCardMessage(title: string, then: string): MessageContent {
  const text = `Everybody here may connect ${title} now.`
  return {
    text,
    blocks: [
      sectionBlock(escapeMrkdwn(text)),
      actionsBlock([createCommandButton('Connect it', `connect ${then}`, 'primary')]),
    ],
  }
}

/** Above this, an amount is taken for a typing error. */
const MAX_USD = 1_000_000

/** The budget that was typed, null for none, or what is wrong with it. */
export function readBudget(typed: string): { usd: number | null } | { problem: string } {
  const text = typed.trim().replace(/^\$\s*|\s*(?:\$|USD)$/gi, '')
  if (text === '') return { usd: null }
  const reading = readNumber(text)
  if ('problem' in reading) return reading
  if (reading.value < 0) return { problem: 'A budget cannot be below 0.' }
  if (reading.value > MAX_USD)
    return { problem: `That is more than $${MAX_USD.toLocaleString('en-US')}. Please check it.` }
  return { usd: reading.value }
}

/** The modal that asks for the budget. */
export const budgetModal = ({ budgetUsd }: Pick<WorkspaceSettings, 'budgetUsd'>): ModalView =>
  createModal({
    id: 'setting_budget',
    title: 'Monthly budget',
    submit: 'Save',
    close: 'Cancel',
    blocks: [
      inputBlock({
        id: 'budget',
        label: 'US dollars a month',
        hint: 'Once it is used up, I start nothing new until next month (UTC) or until you raise it. Work under way is finished. Leave empty for no limit.',
        optional: true,
        element: {
          // Slack's own field for numbers takes no decimal comma.
          type: 'plain_text_input',
          action_id: 'value',
          max_length: 20,
          placeholder: plainTextObject('50 or 12.50', LIMITS.placeholder),
          ...(budgetUsd !== undefined && { initial_value: String(budgetUsd) }),
        },
      }),
    ],
  })
