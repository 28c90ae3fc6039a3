import { useEffect, useState } from 'preact/hooks'
import { useDesk, useSurface } from './desk.ts'
import type { ElementProps } from './field.ts'
import { type Json, num, record, records, str, textOf } from './read.ts'

/** One thing to choose in a menu. `value` is what the workspace is told. */
export type Option = { value: string; text: string; more: string; group: string }

const optionOf = (option: Json, group = ''): Option => ({
  value: str(option.value),
  text: textOf(option.text),
  more: textOf(option.description),
  group,
})

/** How long typing rests before an app is asked for suggestions. */
const TYPING_MS = 200

/** What a menu offers for the words typed: its own options, the app's suggestions, or the people and channels of the workspace. */
export function useOptions(
  { element }: ElementProps,
  typed: string,
  open: boolean,
): { options: Option[]; note: string } {
  const known = useKnown(element)
  const external = str(element.type).endsWith('external_select')
  const suggested = useSuggested(element, typed, external && open)
  if (external) return suggested
  const words = typed.toLowerCase().split(/\s+/).filter(Boolean)
  const fits = ({ text, more, group }: Option) =>
    words.every((word) => `${text} ${more} ${group}`.toLowerCase().includes(word))
  return { options: known.filter(fits), note: 'Nothing fits these words.' }
}

function useKnown(element: Json): Option[] {
  const { people, rooms } = useDesk()
  const kind = str(element.type).replace(/^multi_/, '')
  const users = people.map((one) => ({ value: one.id, text: one.realName, more: `@${one.name}`, group: '' }))
  const channels = rooms
    .filter((one) => !one.dm)
    .map((one) => ({ value: one.id, text: `#${one.name}`, more: '', group: '' }))
  if (kind === 'users_select') return users
  if (kind === 'channels_select') return channels
  if (kind === 'conversations_select') return channels
  const groups = records(element.option_groups)
  return [
    ...records(element.options).map((option) => optionOf(option)),
    ...groups.flatMap((group) => records(group.options).map((option) => optionOf(option, textOf(group.label)))),
  ]
}

/** An app finds its options by words, so it is their text the workspace is told. */
function useSuggested(element: Json, typed: string, active: boolean): { options: Option[]; note: string } {
  const { suggest } = useSurface()
  const least = element.min_query_length === undefined ? 3 : num(element.min_query_length)
  const [found, setFound] = useState<{ typed: string; options: Option[] }>({ typed: '', options: [] })
  const [actionId, enough] = [str(element.action_id), typed.length >= least]
  useEffect(() => {
    if (!active || !enough) return
    let stale = false
    const timer = setTimeout(async () => {
      const options = await suggest(actionId, typed)
      if (!stale) setFound({ typed, options: options.map((one) => ({ ...optionOf(one), value: textOf(one.text) })) })
    }, TYPING_MS)
    return () => {
      stale = true
      clearTimeout(timer)
    }
  }, [actionId, typed, active, enough, suggest])
  if (!enough) return { options: [], note: `Type at least ${least} letters to search.` }
  return found.typed === typed
    ? { options: found.options, note: 'Nothing found.' }
    : { options: [], note: 'Searching…' }
}

/** The words for a chosen value, also where its option is not on offer at the moment. */
export function wordsFor(value: string, options: Option[], element: Json): string {
  const known = options.find((option) => option.value === value)
  if (known !== undefined) return known.text
  const initial = [record(element.initial_option), ...records(element.initial_options)].map((one) => optionOf(one))
  return initial.find((option) => option.value === value)?.text ?? value
}
