import { LIMITS } from '../../block-kit/limits.ts'

const LIST = /^You could ask me:\n((?:- .+(?:\n|$))+)/m
/** As many as Slack shows of suggested prompts. */
const MOST_QUESTIONS = 4

/** The questions an answer offers as a list, as many as there are buttons for; one too long for a button is left out. */
export const suggestedQuestionsIn = (answer: string): string[] =>
  listedIn(answer)
    .filter((question) => question !== '' && question.length <= LIMITS.button.text)
    .slice(0, MOST_QUESTIONS)

/** An answer without the list at its end that stands below it as buttons. */
export function withoutSuggestedQuestions(answer: string): string {
  const [list = '', items = ''] = LIST.exec(answer) ?? []
  const isWhole = suggestedQuestionsIn(answer).length === listedIn(answer).length
  return isWhole && items !== '' && answer.trimEnd().endsWith(list.trimEnd())
    ? answer.slice(0, answer.lastIndexOf(items)).trimEnd()
    : answer
}

const listedIn = (answer: string): string[] =>
  (LIST.exec(answer)?.[1] ?? '')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.replace(/^- /, '').trim())
