import type { App } from '@slack/bolt'
import { z } from 'zod'
import { type Principal, RunId } from '../../ids.ts'
import { type MessageContent, sectionBlock } from '../blocks/build-blocks.ts'
import type { PolicyDeps, RunsDeps, WebApiDeps } from '../deps.ts'
import { findRunFor } from '../interactions/find-for-person.ts'
import { onDurablePress } from '../interactions/interaction.ts'

const Value = z.tuple([z.enum(['good', 'bad']), RunId])

/** Saves feedback on answers. Whoever can read an answer may give it; their last verdict counts. */
export function registerFeedback(app: App, deps: WebApiDeps & RunsDeps & PolicyDeps): void {
  onDurablePress(app, deps, 'run_feedback', async ({ by, value, responder, ack }) => {
    const [verdict, run] = Value.parse(value.split(' '))
    const kept = (await isReader(deps, by, run)) && (await deps.usage.keepFeedback(run, by, verdict))
    await ack()
    if (kept) {
      deps.log.info({ run, workspace: by.workspace, verdict }, 'feedback saved')
      await responder.reply(thanksText(verdict), 'Thanks')
      return
    }
    const text = 'I no longer have this request, so I could not keep your feedback.'
    await responder.reply({ text, blocks: [sectionBlock(text)] }, 'Feedback')
  })
}

/** Nobody else reads a person's direct messages. */
async function isReader({ runs }: RunsDeps, by: Principal, run: RunId): Promise<boolean> {
  const origin = (await findRunFor({ runs }, by, run))?.origin
  return origin !== undefined && (origin.place !== 'dm' || origin.user === by.user)
}

export function thanksText(verdict: 'good' | 'bad'): MessageContent {
  const text =
    verdict === 'good'
      ? 'Thanks, good to know.'
      : 'Thanks for saying so. Reply in the thread with what should be different, and I will try again.'
  return { text, blocks: [sectionBlock(text)] }
}
