import type { App } from '@slack/bolt'
import { z } from 'zod'
import { RunId } from '../ids.ts'
import type { Deps } from './deps.ts'
import { onWeightyPress } from './press.ts'
import { section } from './views/blocks.ts'
import { sayThanks } from './views/feedback.ts'

const Value = z.tuple([z.enum(['good', 'bad']), RunId])

/** Keeps what people think of answers; whoever reads one may say so, and their last word counts. */
export function registerFeedback(app: App, deps: Deps): void {
  onWeightyPress(app, deps, 'run_feedback', async ({ by, value, scene }) => {
    const [verdict, run] = Value.parse(value.split(' '))
    if (await deps.usage.keepFeedback(run, by, verdict)) {
      deps.log.info({ run, workspace: by.workspace, verdict }, 'feedback kept')
      await scene.say(sayThanks(verdict), 'Thanks')
      return
    }
    const text = 'I no longer have this request, so I could not keep your feedback.'
    await scene.say({ text, blocks: [section(text)] }, 'Feedback')
  })
}
