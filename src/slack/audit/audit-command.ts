import type { App } from '@slack/bolt'
import type { ModalView } from '@slack/types'
import { z } from 'zod'
import { LIMITS } from '../../block-kit/limits.ts'
import { AppError } from '../../errors.ts'
import { type Principal, type UserId, WORKSPACE_USER } from '../../ids.ts'
import { parseJson } from '../../json.ts'
import { type MessageContent, sectionBlock } from '../blocks/build-blocks.ts'
import { pluralize } from '../blocks/text.ts'
import type { SlackDeps } from '../deps.ts'
import { type BlockAction, type Command, onButtonPress, type Responder } from '../interactions/interaction.ts'
import { loadingModal, onViewSubmission, showLoadedView } from '../interactions/modals.ts'
import { roleOf } from '../rules/roles.ts'
import { postFile } from '../web-api/post-file.ts'
import { type AuditFormat, createAuditFile } from './audit-file.ts'
import {
  AUDIT_PAGE_SIZE,
  type AuditView,
  auditFilterModal,
  auditModal,
  auditQueryOf,
  readAuditFilter,
  readAuditView,
} from './audit-modal.ts'

const TITLE = 'Audit'
const ONLY_OWNERS = 'Only an owner of this workspace can read its audit.'
/** A file that a spreadsheet still opens. */
const FILE_ROWS_MAX = 10_000

export const auditCommand: Command = {
  name: 'audit',
  usage: '',
  description: 'shows who did and decided what in this workspace (owners only)',
  rare: true,
  async run(deps, { responder }) {
    if (!(await mayRead(deps, responder))) return
    const view = await responder.openModal(loadingModal(TITLE, 'Reading the audit…'))
    await showLoadedView(deps, view, () => loadAudit(deps, responder.by, { page: 0 }))
  },
}

/** Asked at each press again: a right is never remembered. */
async function mayRead(deps: SlackDeps, responder: Responder): Promise<boolean> {
  const may = (await roleOf(deps, responder.by)) === 'owner'
  if (!may) await responder.replyError(ONLY_OWNERS)
  return may
}

async function loadAudit(deps: SlackDeps, { workspace }: Principal, view: AuditView): Promise<ModalView> {
  const range = { upTo: view.upTo, skip: view.page * AUDIT_PAGE_SIZE, most: AUDIT_PAGE_SIZE + 1 }
  const rows = await deps.auditRows.list(workspace, auditQueryOf(view), range)
  return auditModal({ ...view, upTo: view.upTo ?? rows[0]?.row }, rows)
}

/** Listens to the pages, the filter and the files of the audit; each is for owners, and looks that up again. */
export function registerAudit(app: App, deps: SlackDeps): void {
  onButtonPress(app, deps, 'audit_page', async ({ by, value, view, responder }) => {
    if (view === undefined || !(await mayRead(deps, responder))) return
    const page = z.coerce.number().int().min(0).max(100_000).parse(value)
    await showLoadedView(deps, view.id, () => loadAudit(deps, by, { ...readAuditView(view.privateMetadata), page }))
  })
  onButtonPress(app, deps, 'audit_filter', async ({ by, view, responder }) => {
    if (view === undefined || !(await mayRead(deps, responder))) return
    const connections = await connectionsFor(deps, by)
    await responder.openModal(auditFilterModal(readAuditView(view.privateMetadata), view.id, connections))
  })
  onButtonPress(app, deps, 'audit_file', (press) => sendFile(deps, press))
  onViewSubmission(app, deps, 'audit_filter', async ({ by, typed, privateMetadata, ack }) => {
    if ((await roleOf(deps, by)) !== 'owner') return ack({ response_action: 'errors', errors: { user: ONLY_OWNERS } })
    const { list } = z.object({ list: z.string() }).parse(parseJson(privateMetadata))
    const chosen = readAuditFilter(typed, await connectionsFor(deps, by))
    await ack()
    await showLoadedView(deps, list, () => loadAudit(deps, by, chosen))
  })
}

/** Each name stands with its person, as names are unique for a person only. */
async function connectionsFor({ registry, names }: SlackDeps, { workspace }: Principal) {
  const all = await registry.connectionsIn(workspace)
  const whoOf = async (user: UserId) =>
    user === WORKSPACE_USER ? 'workspace' : ((await names.person(user)) ?? 'somebody whose name Slack does not give')
  return Promise.all(
    all
      .slice(0, LIMITS.options.select)
      .map(async ({ id, name, user }) => ({ id, name: `${name} (${await whoOf(user)})` })),
  )
}

async function sendFile(deps: SlackDeps, { by, value, view, responder }: BlockAction): Promise<void> {
  if (view === undefined || !(await mayRead(deps, responder))) return
  const shown = readAuditView(view.privateMetadata)
  const format: AuditFormat = value === 'csv' ? 'csv' : 'jsonl'
  await responder.showLoading(TITLE, 'Writing the file…')
  const range = { upTo: shown.upTo, skip: 0, most: FILE_ROWS_MAX }
  const rows = await deps.auditRows.list(by.workspace, auditQueryOf(shown), range)
  const channel = await deps.directMessageOf(by.user)
  if (channel === undefined) throw new AppError('slack_failed', 'I cannot send you a direct message. Try again later.')
  await postFile(deps, { channel, thread: undefined }, createAuditFile(rows, format))
  await responder.reply(sentMessage(rows.length), TITLE)
}

function sentMessage(count: number): MessageContent {
  const rest = count === FILE_ROWS_MAX ? ' There are more: choose a later day in the filter, or a kind.' : ''
  const text = `I sent you ${pluralize(count, 'row')} in our direct messages.${rest}`
  return { text, blocks: [sectionBlock(text)] }
}
