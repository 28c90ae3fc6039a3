import { holdersIn, type JsonObject } from '../../json.ts'

/** A value among a call's arguments, with the name it has, or its list; at any depth. */
export type ArgumentValue = { name: string; value: unknown }

export const argumentValuesIn = (args: JsonObject): ArgumentValue[] =>
  [...holdersIn(args)].flatMap(([name, holder]) =>
    Array.isArray(holder)
      ? holder.map((value) => ({ name, value }))
      : Object.entries(holder).map(([key, value]) => ({ name: key, value })),
  )

/** Words that are written for people: what they name is not used. */
const PROSE =
  /^(?:new_?|old_?)?(?:content|contents|body|text|message|description|comment|title|markdown|html|prompt|question|summary|notes?|observations?|thought)$/i

export const isProse = (name: string): boolean => PROSE.test(name)
