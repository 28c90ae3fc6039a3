import type { RunState } from '../../run/state/state.ts'
import { detailsButton } from '../answer/details-button.ts'
import { actionsBlock, sectionBlock } from '../blocks/blocks.ts'
import type { PaintDeps } from '../deps.ts'
import { createPostedMessages } from './posted-messages.ts'

const TEXT =
  'I worked on this, but something went wrong on our side when I wanted to show it here. Details has what was done; please tell whoever runs Patchbay.'

/** Posts once that a run cannot be shown. Nothing of the run is drawn, so a defect of a view cannot keep it from people. */
export async function postPlainMessage({ webApi, runs, log }: PaintDeps, { id, origin }: RunState): Promise<void> {
  const posted = await createPostedMessages({ run: id, calls: webApi, shown: runs.shown, log })
  const blocks = [sectionBlock(TEXT), actionsBlock([detailsButton(id)])]
  await posted.ensure(
    { key: 'note:not_shown', channel: origin.channel, thread: origin.threadTs },
    { text: TEXT, blocks },
  )
}
