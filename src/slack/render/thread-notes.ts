import { errorChainOf } from '../../errors.ts'
import type { Origin } from '../../run/state/events.ts'
import type { RunState } from '../../run/state/state.ts'
import { actionsBlock, createDetailsButton, sectionBlock } from '../blocks/build-blocks.ts'
import { AnyResponse } from '../web-api/web-api.ts'
import { type RenderDeps, readPostedMessages, threadSlotOf } from './message-records.ts'
import { showMessage } from './posted-messages.ts'

const UNSHOWN_TEXT =
  'I worked on this, but a fault in Patchbay keeps me from showing it here. Details has what was done; please tell whoever runs Patchbay.'

/** Posts once that a run cannot be shown. Nothing of the run is rendered, so a fault in a view cannot keep it from people. */
export async function postUnshownNote(deps: RenderDeps, state: RunState): Promise<void> {
  const blocks = [sectionBlock(UNSHOWN_TEXT), actionsBlock([createDetailsButton(state.id)])]
  await showMessage(await readPostedMessages(deps, state), threadSlotOf(state.origin, 'note:unshown'), {
    text: UNSHOWN_TEXT,
    blocks,
  })
}

/** Never throws: the request is done later whether or not this is said. */
export async function postQueuedNote(
  { webApi, log }: RenderDeps,
  origin: Origin,
  ahead: RunState | undefined,
): Promise<void> {
  const stages = (ahead?.calls ?? []).map((call) => call.stage)
  const waitsFor = stages.includes('awaiting_approval')
    ? 'an approval'
    : stages.includes('waiting_input') && 'an answer'
  const text = waitsFor
    ? `I'll do this after the request before it, which waits for ${waitsFor} above. Decide it there, or say _stop_ to drop it.`
    : "I'll do this when I am done with the request before it."
  const place = { channel: origin.channel, thread_ts: origin.threadTs, unfurl_links: false, unfurl_media: false }
  try {
    const blocks = [sectionBlock(`:hourglass: ${text}`)]
    await webApi.call('chat.postMessage', { ...place, text, blocks }, AnyResponse)
  } catch (error) {
    log.warn({ why: errorChainOf(error) }, 'queued note not posted')
  }
}
