import type { ModalView } from '@slack/types'
import { LIMITS } from '../../block-kit/limits.ts'
import type { CardInfo } from '../../connect/connect-types.ts'
import type { NewRule } from '../../policy/rules.ts'
import type { Connectors } from '../../policy/settings.ts'
import { contextBlock, createModal, inputBlock, plainTextObject } from '../blocks/build-blocks.ts'
import { type FieldOption, inputBlockOf } from '../blocks/modal-fields.ts'
import { CALLS, CONNECTORS } from './workspace-rules-blocks.ts'

const optionsOf = (texts: Record<string, string>): FieldOption[] =>
  Object.entries(texts).map(([id, text]) => ({ text, id, value: id }))

const VERDICTS = {
  ask: 'Ask before it is done',
  four_eyes: 'An approver decides, never who asked',
  deny: 'Forbid it',
}

const COUNTS = { 1: 'One', 2: 'Two people', 3: 'Three people' }

const cardField = (cards: CardInfo[], label: string) =>
  inputBlockOf({
    id: 'card',
    label,
    hint: 'Leave empty for all services.',
    optional: true,
    kind: 'choice',
    options: cards.slice(0, LIMITS.options.select).map(({ name, title }) => ({ text: title, id: name, value: name })),
  })

type UserGroup = { id: string; handle: string }

/** Left out where the workspace has no user groups. */
const groupFields = (groups: UserGroup[]) =>
  groups.length === 0
    ? []
    : [
        inputBlockOf({
          id: 'group',
          label: 'Who approves?',
          hint: 'If you choose a user group, only its members can approve. Otherwise the usual people approve: the person who asked, or the approvers.',
          optional: true,
          kind: 'choice',
          options: groups
            .slice(0, LIMITS.options.select)
            .map(({ id, handle }) => ({ text: `@${handle}`, id, value: id })),
        }),
      ]

/** The form for a rule that binds everybody. Pure. */
export const workspaceRuleModal = (cards: CardInfo[], groups: UserGroup[]): ModalView =>
  createModal({
    id: 'rule_new',
    title: 'Rule for everybody',
    submit: 'Save',
    close: 'Cancel',
    blocks: [
      inputBlockOf({
        id: 'rule',
        label: 'What should happen?',
        optional: false,
        kind: 'choice',
        options: optionsOf(VERDICTS),
        initial: 'ask',
      }),
      inputBlockOf({
        id: 'calls',
        label: 'With which calls?',
        optional: false,
        kind: 'choice',
        options: optionsOf(CALLS),
        initial: 'write',
      }),
      inputBlockOf({
        id: 'approvals',
        label: 'How many have to approve?',
        hint: 'The person who asked may be one of them, unless you choose above that an approver decides.',
        optional: false,
        kind: 'choice',
        options: optionsOf(COUNTS),
        initial: '1',
      }),
      ...groupFields(groups),
      cardField(cards, 'With which service?'),
      inputBlock({
        id: 'channel',
        label: 'In which channel?',
        hint: 'Leave empty for everywhere, direct messages too.',
        optional: true,
        element: {
          type: 'conversations_select',
          action_id: 'value',
          placeholder: plainTextObject('Everywhere', LIMITS.placeholder),
          filter: { include: ['public', 'private'] },
        },
      }),
      contextBlock('Where several rules fit, the strictest one counts. It also binds you.'),
    ],
  })

/** The rule that was chosen; undefined where a value is none of the form's. */
export function readWorkspaceRule(typed: Record<string, string | null>): NewRule | undefined {
  const { calls, card, channel } = typed
  const verdict = readVerdict(typed)
  if (verdict === undefined || !calls || !isCalls(calls)) return undefined
  return {
    tool: '*',
    ...verdict,
    card: card ?? undefined,
    class: calls === 'all' ? undefined : calls,
    channel: channel ?? undefined,
  }
}

/** What is to happen, and who has to approve. */
function readVerdict({
  rule,
  approvals,
  group,
}: Record<string, string | null>): Pick<NewRule, 'verdict' | 'fourEyes' | 'approvals' | 'group'> | undefined {
  if (!rule || !Object.hasOwn(VERDICTS, rule) || !approvals || !Object.hasOwn(COUNTS, approvals)) return undefined
  if (rule === 'deny') return { verdict: 'deny', fourEyes: false }
  if (group && !/^S[A-Z0-9]+$/.test(group)) return undefined
  return {
    verdict: 'ask',
    fourEyes: rule === 'four_eyes',
    approvals: approvals === '1' ? undefined : Number(approvals),
    group: group ?? undefined,
  }
}

const isCalls = (value: string): value is keyof typeof CALLS => Object.hasOwn(CALLS, value)

/** The form that says who may connect a service. Pure. */
export const connectorsModal = (cards: CardInfo[]): ModalView =>
  createModal({
    id: 'connectors_new',
    title: 'Limit who connects',
    submit: 'Save',
    close: 'Cancel',
    blocks: [
      cardField(cards, 'Which service?'),
      inputBlockOf({
        id: 'who',
        label: 'Who may connect it?',
        optional: false,
        kind: 'choice',
        options: optionsOf({ everybody: 'Everybody', ...CONNECTORS }),
        initial: 'approvers',
      }),
      contextBlock('What is connected already stays.'),
    ],
  })

/** Who was chosen, undefined being everybody; or nothing where a value is none of the form's. */
export function readConnectors(
  typed: Record<string, string | null>,
): { card: string; who: Connectors | undefined } | undefined {
  const { card, who } = typed
  if (who === 'everybody') return { card: card ?? '*', who: undefined }
  return who && isConnectors(who) ? { card: card ?? '*', who } : undefined
}

const isConnectors = (value: string): value is Connectors => Object.hasOwn(CONNECTORS, value)
