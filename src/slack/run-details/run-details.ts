import type { App } from '@slack/bolt'
import type { ModalView } from '@slack/types'
import type { Principal } from '../../ids.ts'
import type { CallState, RunState } from '../../run/state/state.ts'
import { type CallVisibility, visibilityOf } from '../../run/state/visible-calls.ts'
import { sectionBlock } from '../blocks/blocks.ts'
import { mentionOf } from '../blocks/text.ts'
import type { SlackDeps } from '../deps.ts'
import { type BlockAction, onButtonPress } from '../interactions/button-press.ts'
import { currentApproversOf, findRunFor } from '../interactions/find-for-person.ts'
import { updateModalView } from '../web-api/update-view.ts'
import { runDetailsModal, runLogModal } from './run-details-modal.ts'

/** The details of a run, and what a server wrote down during one of its steps: each press looks anew, and asks anew who may. */
export function registerRunDetails(app: App, deps: SlackDeps): void {
  onButtonPress(app, deps, 'run_details', (press) => {
    const [run = '', page = '0'] = press.value.split(' ')
    return show(deps, press, run, (state, sight) => runDetailsModal({ state, sight, page: Number(page) }))
  })
  onButtonPress(app, deps, 'run_log', (press) => {
    const [run = '', id = '', page = '0'] = press.value.split(' ')
    return show(deps, press, run, (state, sight) => {
      const call = sight.whole ? sight.calls.find((one) => one.id === id) : undefined
      return call && runLogModal({ run: state.id, call, page: Number(page) })
    })
  })
}

type ViewOf = (state: RunState, sight: CallVisibility) => ModalView | undefined

/** In place of the same kind of modal, else on top. */
async function show(deps: SlackDeps, press: BlockAction, run: string, viewOf: ViewOf): Promise<void> {
  const state = await findRunFor(deps, press.by, run)
  if (state === undefined) return tell(press, 'I no longer have this request.')
  const sight = await sightNow(deps, state, press.by)
  if (sight === undefined)
    return tell(
      press,
      `Only ${mentionOf(state.origin.user)} and who was asked to approve a step can look at the details.`,
    )
  const view = viewOf(state, sight)
  if (view === undefined) return tell(press, 'I no longer have this step.')
  if (press.view === undefined || press.view.callback !== view.callback_id) await press.scene.openModal(view)
  else await updateModalView(deps, press.view.id, view)
}

/** An undecided step is for those to see who may decide it now; a decided one for those who were asked. */
async function sightNow(deps: SlackDeps, state: RunState, by: Principal): Promise<CallVisibility | undefined> {
  if (by.user === state.origin.user) return visibilityOf(state, by)
  const calls = state.calls.map(async (call): Promise<CallState> => {
    const { approval } = call
    if (approval === undefined || approval.decided) return call
    return { ...call, approval: { ...approval, approvers: await currentApproversOf(deps, { state, approval }) } }
  })
  return visibilityOf({ ...state, calls: await Promise.all(calls) }, by)
}

const tell = ({ scene }: BlockAction, text: string): Promise<void> =>
  scene.reply({ text, blocks: [sectionBlock(text)] }, 'Details')
