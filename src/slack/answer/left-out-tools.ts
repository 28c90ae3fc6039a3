import type { RunState } from '../../run/state/state.ts'
import { escapeMrkdwn } from '../blocks/text.ts'

const SHOWN_LEFT_OUT = 10

/** What of the thread a request refers to could not be read: an answer may miss what was said there. */
export const unreadWordsOf = ({ status, threadGap }: RunState): string[] =>
  status === 'working' || threadGap === undefined ? [] : [escapeMrkdwn(threadGap)]

/** Which tools the model did not have in a run that is over: a person can then tell why something was not done. */
export function leftOutWordsOf({ status, toolsLeftOut = [] }: RunState): string[] {
  if (status === 'working' || toolsLeftOut.length === 0) return []
  const some = toolsLeftOut.slice(0, SHOWN_LEFT_OUT).map(({ connection, tools }) => `${tools} of ${connection}`)
  const others = toolsLeftOut.length - some.length
  const names = [...some, ...(others > 0 ? [`those of ${others} more connections`] : [])].join(', ')
  const words = `I could not have all of your tools at hand at once. Left out: ${names}. If you miss one, name what it does in your request.`
  return [escapeMrkdwn(words)]
}

/** That another model answered than usual, in a run that is over. */
export const otherModelWordsOf = ({ status, model, insteadOf }: RunState): string[] =>
  status === 'working' || insteadOf === undefined
    ? []
    : [escapeMrkdwn(`${insteadOf} was overloaded, so ${model} answered this.`)]
