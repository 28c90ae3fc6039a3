import { isJsonLike } from '../../json.ts'
import type { CallState } from '../../run/state/state.ts'
import { revealInvisible, truncate } from '../../text.ts'
import { argumentsText } from '../blocks/arguments-text.ts'

type Most = { lines: number; chars: number }

/** A call's arguments as its card shows them, cut. */
export const argumentsExcerptOf = ({ arguments: given }: CallState, most: number): string =>
  truncate(argumentsText(given), most)

/** The first lines of what a call gave back, or its one line where they are no words for people; '' where there is nothing. */
export function resultExcerptOf({ stage, result }: CallState, { lines, chars }: Most): string {
  if (stage !== 'done' || result === undefined) return ''
  const text = result.text === '' || isJsonLike(result.text) ? result.summary : result.text
  const all = revealInvisible(text).trim().split('\n')
  const first = all.slice(0, lines).join('\n')
  return truncate(all.length > lines ? `${first}\n…` : first, chars)
}
