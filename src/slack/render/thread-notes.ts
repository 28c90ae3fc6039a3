import { errorChainOf } from '../../errors.ts'
import type { RunId } from '../../ids.ts'
import type { ShownMessage } from '../../run/runs.ts'
import type { Origin } from '../../run/state/events.ts'
import type { RunState } from '../../run/state/state.ts'
import { truncate } from '../../text.ts'
import {
  actionsBlock,
  createButton,
  createDetailsButton,
  type MessageContent,
  sectionBlock,
} from '../blocks/build-blocks.ts'
import { escapeInlineMrkdwn } from '../blocks/text.ts'
import {
  deleteMessage,
  type PostedMessages,
  type RenderDeps,
  readPostedMessages,
  removeMessage,
  threadSlotOf,
} from './message-records.ts'
import { showMessage } from './posted-messages.ts'

const UNSHOWN_TEXT =
  'I worked on this, but a fault in Patchbay keeps me from showing it here. Press _Details_ to see what was done, and tell whoever runs Patchbay.'

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
  const done = begun ? 'Some of it was done before: _Details_ shows what.' : 'Nothing of it was done.'
  const text = `The message you asked this with ${where} was deleted, so I stopped: _${escapeInlineMrkdwn(truncate(state.text, SHOWN_CHARS))}_. ${done}`
  const blocks = [sectionBlock(text), ...(begun ? [actionsBlock([createDetailsButton(state.id)])] : [])]
  await showMessage(posted, { key: 'note:withdrawn', channel, thread: undefined }, { text, blocks })
}

const SHOWN_CHARS = 150

const QUEUED = 'note:queued'

/** Says that a request waits, and for what, until it is begun. Never throws: the request is done later whether or not this is said. */
export async function postQueuedNote(
  deps: RenderDeps,
  { run, origin }: { run: RunId; origin: Origin },
  ahead: RunState | undefined,
): Promise<void> {
  const { workspace, channel, threadTs } = origin
  try {
    const posted = await readPostedMessages(deps, { id: run, origin, recovered: false, status: 'working' })
    try {
      await showMessage(posted, threadSlotOf(origin, QUEUED), queuedMessage(run, origin, ahead))
    } catch (error) {
      // The request may have joined the one before it meanwhile, and be no more.
      const shown = posted.byKey.get(QUEUED)
      if (shown !== undefined) await deleteMessage(posted, shown)
      throw error
    }
    const active = await deps.runs.activeIn(workspace, channel, threadTs)
    if (active === undefined || active === run) await removeQueuedNote(posted)
  } catch (error) {
    deps.log.warn({ run, why: errorChainOf(error) }, 'queued note not posted')
  }
}

/** The note goes when its request is begun. */
export const removeQueuedNote = (posted: PostedMessages): Promise<void> =>
  removeNotes(posted, [...posted.byKey.values()])

/** The same for requests that joined this run, whose notes another may have recorded since the records were read. */
export async function removeQueuedNotes(posted: PostedMessages, { id, corrections }: RunState): Promise<void> {
  const hasJoined = corrections.some(({ queued }) => queued !== undefined)
  if (hasJoined) await removeNotes(posted, await posted.deps.runs.shown.of(id))
  else await removeQueuedNote(posted)
}

async function removeNotes(posted: PostedMessages, shown: ShownMessage[]): Promise<void> {
  for (const one of shown) if (one.key.startsWith(QUEUED)) await removeMessage(posted, one)
}

function queuedMessage(run: RunId, origin: Origin, ahead: RunState | undefined): MessageContent {
  const text = `:hourglass: ${queuedText(origin, ahead)}`
  const drop = createButton({ text: 'Drop it', action: 'run_stop', value: run })
  return { text, blocks: [sectionBlock(text), actionsBlock([drop], `queued ${run}`)] }
}

/** Names are no mentions: whoever is waited for has been told. */
function queuedText({ user }: Origin, ahead: RunState | undefined): string {
  const stages = (ahead?.calls ?? []).map((call) => call.stage)
  const isOwn = ahead === undefined || ahead.origin.user === user
  const name = escapeInlineMrkdwn(ahead?.origin.userName ?? '')
  const before = isOwn ? 'your request above' : `the request of ${name} above`
  if (stages.includes('awaiting_approval')) return `I'll do this after ${before}, which waits for an approval.`
  if (stages.includes('waiting_input'))
    return `I'll do this after ${before}, which waits for ${isOwn ? 'your answer' : `an answer of ${name}`}.`
  return isOwn
    ? "I'll do this when I am done with the request before it."
    : `I'll do this when I am done with ${before}.`
}
