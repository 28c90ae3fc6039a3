import type { App } from '@slack/bolt'
import { z } from 'zod'
import { RunId } from '../../ids.ts'
import { sectionBlock } from '../blocks/blocks.ts'
import type { SlackDeps } from '../deps.ts'
import { onDurablePress } from '../interactions/button-press.ts'
import { thanksText } from './feedback-buttons.ts'

const Value = z.tuple([z.enum(['good', 'bad']), RunId])

/** Keeps what people think of answers; whoever reads one may say so, and their last word counts. */
export function registerFeedback(app: App, deps: SlackDeps): void {
  onDurablePress(app, deps, 'run_feedback', async ({ by, value, scene }) => {
    const [verdict, run] = Value.parse(value.split(' '))
    if (await deps.usage.keepFeedback(run, by, verdict)) {
      deps.log.info({ run, workspace: by.workspace, verdict }, 'feedback kept')
      await scene.reply(thanksText(verdict), 'Thanks')
      return
    }
    const text = 'I no longer have this request, so I could not keep your feedback.'
    await scene.reply({ text, blocks: [sectionBlock(text)] }, 'Feedback')
  })
}
