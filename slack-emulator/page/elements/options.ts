import { useEffect, useState } from 'preact/hooks'
import type { ChannelInfo } from '../state/people.ts'
import {
  type JsonRecord,
  readNumber,
  readRecord,
  readRecords,
  readString,
  readStrings,
  readText,
} from '../state/read-json.ts'
import { useSessionContext, useSurface } from '../state/session-context.ts'
import type { ElementProps } from './field.ts'

/** One option of a menu; `value` is what is sent. */
export type MenuOption = { value: string; text: string; more: string; group: string }

const optionOf = (option: JsonRecord, group = ''): MenuOption => ({
  value: readString(option.value),
  text: readText(option.text),
  more: readText(option.description),
  group,
})

/** How long after the last key the app is asked for options. */
const TYPING_MS = 200

/** The options of a menu for a typed text: its own, the app's, or the people and channels of the workspace. */
export function useOptions(
  { element }: ElementProps,
  typed: string,
  open: boolean,
): { options: MenuOption[]; note: string } {
  const known = useKnown(element)
  const external = readString(element.type).endsWith('external_select')
  const suggested = useSuggested(element, typed, external && open)
  if (external) return suggested
  const words = typed.toLowerCase().split(/\s+/).filter(Boolean)
  const fits = ({ text, more, group }: MenuOption) =>
    words.every((word) => `${text} ${more} ${group}`.toLowerCase().includes(word))
  return { options: known.filter(fits), note: 'Nothing fits these words.' }
}

function useKnown(element: JsonRecord): MenuOption[] {
  const { people, channels } = useSessionContext()
  const kind = readString(element.type).replace(/^multi_/, '')
  const users = people.map((one) => ({ value: one.id, text: one.realName, more: `@${one.name}`, group: '' }))
  const channelOptions = channels
    .filter((one) => !one.dm && fitsMenu(one, kind, readRecord(element.filter)))
    .map((one) => ({ value: one.id, text: `#${one.name}`, more: '', group: '' }))
  if (kind === 'users_select') return users
  if (kind === 'channels_select') return channelOptions
  if (kind === 'conversations_select') return channelOptions
  const groups = readRecords(element.option_groups)
  return [
    ...readRecords(element.options).map((option) => optionOf(option)),
    ...groups.flatMap((group) => readRecords(group.options).map((option) => optionOf(option, readText(group.label)))),
  ]
}

const FILTER_WORDS: Record<string, string> = { private_channel: 'private', mpim: 'mpim' }

/** A menu of channels has the public ones; one of conversations has those that its filter names. */
function fitsMenu(channel: ChannelInfo, kind: string, filter: JsonRecord): boolean {
  if (kind === 'channels_select') return channel.kind === ''
  const include = readStrings(filter.include)
  return include.length === 0 || include.includes(FILTER_WORDS[channel.kind] ?? 'public')
}

/** Options of an app are sent by their text, because the emulator asks the app again with it. */
function useSuggested(element: JsonRecord, typed: string, active: boolean): { options: MenuOption[]; note: string } {
  const { suggest } = useSurface()
  const least = element.min_query_length === undefined ? 3 : readNumber(element.min_query_length)
  const [found, setFound] = useState<{ typed: string; options: MenuOption[] }>({ typed: '', options: [] })
  const [actionId, enough] = [readString(element.action_id), typed.length >= least]
  useEffect(() => {
    if (!active || !enough) return
    let stale = false
    const timer = setTimeout(async () => {
      const options = await suggest(actionId, typed)
      if (!stale) setFound({ typed, options: options.map((one) => ({ ...optionOf(one), value: readText(one.text) })) })
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

/** The text for a chosen value, also when its option is not among those shown. */
export function optionTextFor(value: string, options: MenuOption[], element: JsonRecord): string {
  const known = options.find((option) => option.value === value)
  if (known !== undefined) return known.text
  const initial = [readRecord(element.initial_option), ...readRecords(element.initial_options)].map((one) =>
    optionOf(one),
  )
  return initial.find((option) => option.value === value)?.text ?? value
}
