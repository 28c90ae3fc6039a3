import type { KnownBlock, RichTextBlock } from '@slack/types'
import type { CallState } from '../../run/state/state.ts'
import { argumentsExcerptOf, resultExcerptOf } from '../answer/call-content.ts'
import { withoutMentions } from '../blocks/text.ts'

const ARGUMENTS_CHARS = 1_000
const RESULT = { lines: 6, chars: 600 }

/** What a step was called with, and for those who may see all of the run the first lines of what it gave back. Pure. */
export function stepContentBlocks(call: CallState, whole: boolean): KnownBlock[] {
  const hasArguments = Object.keys(call.arguments).length > 0
  const given = hasArguments ? argumentsExcerptOf(call, ARGUMENTS_CHARS) : ''
  const result = whole ? resultExcerptOf(call, RESULT) : ''
  const elements = [
    ...(given === '' ? [] : [codeOf(given)]),
    ...(result === '' ? [] : [wordsOf('Result:'), codeOf(result)]),
  ]
  return elements.length === 0 ? [] : [{ type: 'rich_text', elements }]
}

type Element = RichTextBlock['elements'][number]

const codeOf = (text: string): Element => ({
  type: 'rich_text_preformatted',
  elements: [{ type: 'text', text: withoutMentions(text) }],
})
const wordsOf = (text: string): Element => ({ type: 'rich_text_section', elements: [{ type: 'text', text }] })
