import type { SessionContext } from '../state/session-context.ts'

/** A completion of the typed text; `more` says that further text follows it. */
export type Suggestion = { text: string; about: string; more: boolean; replaces: number }
type Typed = { text: string; caret: number }

const MAX_HINTS = 16

export function suggestionsFor(session: SessionContext, { text, caret }: Typed): Suggestion[] {
  if (text.startsWith('/')) return commandHints(session, text)
  const before = text.slice(0, caret)
  const [, mark, word = ''] = /(?:^|[\s(])([@#])([\w.-]*)$/.exec(before) ?? []
  if (mark === undefined) return []
  const all = mark === '@' ? peopleHints(session) : roomHints(session)
  return all
    .filter(({ text: name, about }) => `${name.slice(1)} ${about}`.toLowerCase().includes(word.toLowerCase()))
    .map((hint) => ({ ...hint, more: false, replaces: word.length + 1 }))
    .slice(0, MAX_HINTS)
}

/** Suggests commands after `/`, and after a command the words of its usage hint. */
function commandHints({ app }: SessionContext, text: string): Suggestion[] {
  const all = app.commands.flatMap(({ command, description, usage }) => [
    { text: command, about: description, more: true, replaces: text.length },
    ...usage
      .split('|')
      .map((word) => ({ text: `${command} ${word.trim()}`, about: '', more: true, replaces: text.length })),
  ])
  const [command = ''] = text.split(' ')
  const inside = all.some((hint) => hint.text === command) && text.includes(' ')
  return all.filter((hint) => hint.text.startsWith(text) && (!inside || hint.text !== command)).slice(0, MAX_HINTS)
}

/** People are offered by the name that all see; two of the same name by their handles. */
const peopleHints = ({ people, groups, app }: SessionContext) => [
  { text: `@${app.name}`, about: 'app' },
  ...people.map(({ name, realName }) =>
    people.filter((one) => one.realName === realName).length === 1
      ? { text: `@${realName}`, about: `@${name}` }
      : { text: `@${name}`, about: realName },
  ),
  ...groups.filter((one) => !one.disabled).map(({ handle, name }) => ({ text: `@${handle}`, about: name })),
]

const roomHints = ({ channels }: SessionContext) =>
  channels.filter((one) => !one.dm).map((one) => ({ text: `#${one.name}`, about: 'channel' }))

/** Puts a suggestion in the place of the text it completes. */
export function completeText(hint: Suggestion, { text, caret }: Typed): string {
  if (text.startsWith('/')) return `${hint.text} `
  return `${text.slice(0, caret - hint.replaces)}${hint.text} ${text.slice(caret)}`
}
