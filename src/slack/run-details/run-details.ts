import type { App } from '@slack/bolt'
import type { ModalView } from '@slack/types'
import type { Principal } from '../../ids.ts'
import type { CallState, RunState } from '../../run/state/state.ts'
import { type CallVisibility, visibilityOf } from '../../run/state/visibility.ts'
import { sectionBlock } from '../blocks/build-blocks.ts'
import { mentionOf } from '../blocks/text.ts'
import type { PolicyDeps, RunsDeps, WebApiDeps } from '../deps.ts'
import { findRunFor } from '../interactions/find-for-person.ts'
import { type BlockAction, onButtonPress } from '../interactions/interaction.ts'
import { updateModalView } from '../interactions/modals.ts'
import { runDetailsModal, runLogModal } from './run-details-modal.ts'

/** Listens to the buttons for run details and server logs; each press reads the run and checks permissions again. */
export function registerRunDetails(app: App, deps: WebApiDeps & RunsDeps & PolicyDeps): void {
  onButtonPress(app, deps, 'run_details', (press) => {
    const [run = '', page = '0'] = press.value.split(' ')
    return showView(deps, press, run, (state, visibility) =>
      runDetailsModal({ state, visibility, page: Number(page), reader: press.by.user }),
    )
  })
  onButtonPress(app, deps, 'run_log', (press) => {
    const [run = '', id = '', page = '0'] = press.value.split(' ')
    return showView(deps, press, run, (state, visibility) => {
      const call = visibility.whole ? visibility.calls.find((one) => one.id === id) : undefined
      return call && runLogModal({ run: state.id, call, page: Number(page) })
    })
  })
}

type ViewOf = (state: RunState, visibility: CallVisibility) => ModalView | undefined

/** Updates an open modal of the same kind, else opens one. */
async function showView(
  deps: WebApiDeps & RunsDeps & PolicyDeps,
  press: BlockAction,
  run: string,
  viewOf: ViewOf,
): Promise<void> {
  const state = await findRunFor(deps, press.by, run)
  if (state === undefined) return reply(press, 'I no longer have this request.')
  const visibility = await currentVisibilityOf(deps, state, press.by)
  if (visibility === undefined)
    return reply(
      press,
      `Only ${mentionOf(state.origin.user)} and who was asked to approve a step can look at the details.`,
    )
  const view = viewOf(state, visibility)
  if (view === undefined) return reply(press, 'I no longer have this step.')
  if (press.view === undefined || press.view.callbackId !== view.callback_id) await press.responder.openModal(view)
  else await updateModalView(deps, press.view.id, view)
}

/** What the person may see now: a pending approval is shown to its current approvers, a decided one to those who were asked. */
async function currentVisibilityOf(
  deps: RunsDeps,
  state: RunState,
  by: Principal,
): Promise<CallVisibility | undefined> {
  if (by.user === state.origin.user) return visibilityOf(state, by)
  const calls = state.calls.map(async (call): Promise<CallState> => {
    const { approval } = call
    if (approval === undefined || approval.decided) return call
    return { ...call, approval: { ...approval, approvers: await deps.runs.approversOf({ state, approval }, by.user) } }
  })
  return visibilityOf({ ...state, calls: await Promise.all(calls) }, by)
}

const reply = ({ responder }: BlockAction, text: string): Promise<void> =>
  responder.reply({ text, blocks: [sectionBlock(text)] }, 'Details')
