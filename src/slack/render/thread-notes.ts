import { errorChainOf } from '../../errors.ts'
import type { Origin } from '../../run/state/events.ts'
import type { RunState } from '../../run/state/state.ts'
import { truncate } from '../../text.ts'
import { actionsBlock, createDetailsButton, sectionBlock } from '../blocks/build-blocks.ts'
import { escapeInlineMrkdwn } from '../blocks/text.ts'
import { postMessage } from '../web-api/post-message.ts'
import { isThreadGone } from '../web-api/web-api.ts'
import { type PostedMessages, type RenderDeps, readPostedMessages, threadSlotOf } from './message-records.ts'
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

/** Tells the person once that their request was withdrawn, unless the end of its answer says so in the same direct messages. */
export async function postWithdrawnNote(posted: PostedMessages, state: RunState): Promise<void> {
  const { deps, origin, byKey } = posted
  if (!state.withdrawn) return
  const isSaid = origin.place === 'dm' && [...byKey.keys()].some((key) => key.startsWith('answer:'))
  const channel = isSaid ? undefined : await deps.directMessageOf(origin.user)
  if (channel === undefined) return
  const where = origin.place === 'dm' ? 'here' : `in <#${origin.channel}>`
  const begun = state.calls.some(({ rounds }) => rounds > 0)
  const done = begun ? 'Some of it was done before; _Details_ has what.' : 'Nothing of it was done.'
  const text = `The message you asked this with ${where} was deleted, so I stopped: _${escapeInlineMrkdwn(truncate(state.text, SHOWN_CHARS))}_. ${done}`
  const blocks = [sectionBlock(text), ...(begun ? [actionsBlock([createDetailsButton(state.id)])] : [])]
  await showMessage(posted, { key: 'note:withdrawn', channel, thread: undefined }, { text, blocks })
}

const SHOWN_CHARS = 150

/** Never throws: the request is done later whether or not this is said. */
export async function postQueuedNote(
  { webApi, log, runs }: RenderDeps,
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
  const { workspace, channel, threadTs } = origin
  const blocks = [sectionBlock(`:hourglass: ${text}`)]
  try {
    await postMessage(webApi, { channel, thread: threadTs }, { text, blocks }).catch(async (error) => {
      if (!isThreadGone(error)) throw error
      await runs.withdraw({ workspace, channel, ts: threadTs, threadTs })
    })
  } catch (error) {
    log.warn({ why: errorChainOf(error) }, 'queued note not posted')
  }
}
