import type { App } from '@slack/bolt'
import { z } from 'zod'
import type { NewRule } from '../../policy/rules.ts'
import { withDeadline } from '../../timing.ts'
import { doneModal, type MessageContent, sectionBlock } from '../blocks/build-blocks.ts'
import { pluralize } from '../blocks/text.ts'
import type { ConnectionDeps, HomeTabDeps, PolicyDeps, WebApiDeps } from '../deps.ts'
import { type BlockAction, onButtonPress, onDurablePress } from '../interactions/interaction.ts'
import { onViewSubmission, type ViewSubmission } from '../interactions/modals.ts'
import { roleOf } from './roles.ts'
import { rulesMessageFor } from './rules-list.ts'
import { connectorsModal, readConnectors, readWorkspaceRule, workspaceRuleModal } from './workspace-rule-form.ts'

type Deps = WebApiDeps & ConnectionDeps & PolicyDeps & HomeTabDeps

/** A form has to be opened within 3 s. */
const GROUPS_TIMEOUT_MS = 1_000

const ONLY_OWNERS = 'Only an owner of this workspace can change its rules.'

/** Listens to the rules for everybody; each press and each form checks again that the person is an owner. */
export function registerWorkspaceRules(app: App, deps: Deps): void {
  onButtonPress(app, deps, 'rule_new', async (press) => {
    if (await isOwner(deps, press))
      await press.responder.openModal(
        workspaceRuleModal(deps.connect.cards(), await withDeadline(deps.names.groups(), GROUPS_TIMEOUT_MS, [])),
      )
  })
  onButtonPress(app, deps, 'connectors_new', async (press) => {
    if (await isOwner(deps, press)) await press.responder.openModal(connectorsModal(deps.connect.cards()))
  })
  onDurablePress(app, deps, 'rule_remove', (press) => remove(deps, press, () => removeRule(deps, press)))
  onDurablePress(app, deps, 'connectors_remove', (press) =>
    remove(deps, press, async () => {
      await deps.settings.setConnectors(press.by, press.value, undefined)
      return true
    }),
  )
  onViewSubmission(app, deps, 'rule_new', (submit) => saveRule(deps, submit))
  onViewSubmission(app, deps, 'connectors_new', (submit) => saveConnectors(deps, submit))
}

async function isOwner(deps: Deps, { by, responder }: BlockAction): Promise<boolean> {
  const may = (await roleOf(deps, by)) === 'owner'
  if (!may) await responder.replyError(ONLY_OWNERS)
  return may
}

const removeRule = async ({ rules }: Deps, { by, value }: BlockAction): Promise<boolean> =>
  z.uuid().safeParse(value).success && (await rules.removeForWorkspace(by, value)) !== undefined

async function remove(deps: Deps, press: BlockAction, removed: () => Promise<boolean>): Promise<void> {
  const { by, view, responder, ack } = press
  if (!(await isOwner(deps, press))) return ack()
  const note = (await removed()) ? 'Removed.' : 'That rule is gone already.'
  await ack()
  if (view?.kind === 'home') return deps.publishHome(by)
  deps.refreshHome(by)
  await responder.replace(withNote(note, await rulesMessageFor(deps, by)), 'Rules')
}

const withNote = (note: string, { text, blocks }: MessageContent): MessageContent => ({
  text: `${note} ${text}`,
  blocks: [sectionBlock(note), ...blocks],
})

async function saveRule(deps: Deps, { by, typed, ack }: ViewSubmission): Promise<void> {
  const refuse = (message: string) => ack({ response_action: 'errors', errors: { rule: message } })
  if ((await roleOf(deps, by)) !== 'owner') return refuse(ONLY_OWNERS)
  const rule = readWorkspaceRule(typed)
  if (rule === undefined) return refuse('Please choose one.')
  const problem = tooFewText(rule, (await deps.rules.approversOf(by.workspace)).length)
  if (problem !== undefined) return refuse(problem)
  await deps.rules.addForWorkspace(by, rule)
  await ack({ response_action: 'update', view: doneModal('Rule for everybody', `Saved. ${SEE_RULES}`) })
  await deps.publishHome(by)
}

/** Why a rule could never be met, as nobody or too few could approve. */
function tooFewText({ fourEyes, approvals = 1, group }: NewRule, approvers: number): string | undefined {
  // Who is in a group changes in Slack, and is asked there each time.
  if (group !== undefined) return undefined
  if (approvers >= approvals || (approvals === 1 && !fourEyes)) return undefined
  const who = approvers === 0 ? 'Nobody' : `Only ${pluralize(approvers, 'approver')}`
  return `${who} could approve: choose more approvers in my Home tab first, or with /mcp approvers @name.`
}

const SEE_RULES = 'It counts from now on, and stands in my Home tab and in `/mcp rules`.'

async function saveConnectors(deps: Deps, { by, typed, ack }: ViewSubmission): Promise<void> {
  const refuse = (message: string) => ack({ response_action: 'errors', errors: { who: message } })
  if ((await roleOf(deps, by)) !== 'owner') return refuse(ONLY_OWNERS)
  const chosen = readConnectors(typed)
  if (chosen === undefined) return refuse('Please choose one.')
  await deps.settings.setConnectors(by, chosen.card, chosen.who)
  await ack({ response_action: 'update', view: doneModal('Limit who connects', `Saved. ${SEE_RULES}`) })
  await deps.publishHome(by)
}
