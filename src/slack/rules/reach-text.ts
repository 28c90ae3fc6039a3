import type { RuleReach } from '../../policy/rule-reach.ts'
import { revealInvisible, truncate } from '../../text.ts'
import { joinWords } from '../blocks/text.ts'

type Allowed = { tool: string; connectionName: string; reach: RuleReach }

/** What a rule allows, without where: "inserting rows into employee in Demo database". Plain text. */
export function allowedText({ tool, connectionName, reach }: Allowed): string {
  const connection = truncate(revealInvisible(connectionName), 30)
  if (reach.shows === true) return `showing what ${connection} reads`
  const what =
    reach.effects === undefined
      ? `${truncate(revealInvisible(tool), 40)} of ${connection}`
      : `${effectsText(reach.effects)} in ${connection}`
  const held = reach.arguments.map(argumentText)
  return held.length === 0 ? what : `${what}, with ${joinWords(held)}`
}

type Effects = NonNullable<RuleReach['effects']>

/** Tables of one kind stand together. */
function effectsText(effects: Effects): string {
  const byKind = Map.groupBy(effects, ({ kind }) => kind)
  // What is read goes into what is changed, so it stands last.
  const kinds = [...byKind].sort(([a], [b]) => Number(a === 'select') - Number(b === 'select'))
  return joinWords(
    kinds.map(([kind, all]) => {
      const words = KINDS[kind] ?? `${kind.toUpperCase()} on`
      const tables = joinWords(all.map(({ table }) => revealInvisible(table)).filter((table) => table !== ''))
      return tables === '' ? words.replace(/ (?:on|into|of|from)$/, '') : `${words} ${tables}`
    }),
  )
}

const KINDS: Record<string, string> = {
  insert: 'inserting rows into',
  update: 'changing rows of',
  merge: 'merging rows into',
  select: 'reading',
  'create table': 'creating the table',
}

/** The elements of a list are numbered, which says nothing to a person. */
function argumentText({ name, value, inFolder }: RuleReach['arguments'][number]): string {
  const shown = revealInvisible(name.replace(/\.\d+(?=\.|$)/g, '').replaceAll('_', ' '))
  if (inFolder !== true) return `${shown} ${revealInvisible(value) || 'empty'}`
  return value === '' ? `${shown} in the top folder` : `${shown} in the folder ${revealInvisible(value)}`
}
