import { truncate } from '../blocks/text.ts'

/** Slack shows four at most (docs.slack.dev/reference/methods/assistant.threads.setSuggestedPrompts). */
const MOST = 4
const TITLE_CHARS = 60

type Prompts = { title: string; prompts: { title: string; message: string }[] }

/** Things to ask: the starters of what is connected, one card after the other; before that, how to begin. */
export function suggestedPromptsFor(cards: { title: string; starters: string[] }[]): Prompts {
  const starters = takeTurns(cards.map((card) => card.starters))
  const questions = [...new Set(['What can you do with my connections?', ...starters])].slice(0, MOST)
  if (starters.length === 0) questions.push('Which tools could I connect, and how?')
  return {
    title: starters.length === 0 ? 'How to begin' : 'Try asking',
    prompts: questions.map((message) => ({ title: truncate(message, TITLE_CHARS), message })),
  }
}

/** The first of each list, then the second of each, … */
function takeTurns(lists: string[][]): string[] {
  const longest = Math.max(0, ...lists.map((list) => list.length))
  return Array.from({ length: longest }, (_, at) => lists.flatMap((list) => list[at] ?? [])).flat()
}
