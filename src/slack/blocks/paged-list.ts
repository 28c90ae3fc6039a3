import type { KnownBlock } from '@slack/types'
import { LIMITS } from '../../block-kit/limits.ts'
import { truncate } from '../../text.ts'
import {
  actionsBlock,
  contextBlock,
  createButton,
  createOption,
  inputBlock,
  plainTextObject,
  sectionBlock,
} from './build-blocks.ts'

/** The search and page of a list, and where its command was given; the modal carries it in its metadata. */
export type ListQuery = {
  connection: string
  words: string
  page: number
  channel?: string | undefined
  thread?: string | undefined
}

const LIST_MODAL_PAGE_SIZE = 10

export type PagedList<T> = { shown: T[]; hits: number; page: number; pages: number; pageButtons: KnownBlock[] }

/** The items that contain all of the query's words, one page of them, and the buttons for the other pages. */
export function paginateList<T>(items: T[], query: ListQuery, textsOf: (item: T) => string[]): PagedList<T> {
  const words = query.words.toLowerCase().split(/\s+/).filter(Boolean)
  const found = items.filter((item) => {
    const text = textsOf(item).join(' ').toLowerCase()
    return words.every((word) => text.includes(word))
  })
  const pages = Math.max(1, Math.ceil(found.length / LIST_MODAL_PAGE_SIZE))
  const page = Math.min(Math.max(0, query.page), pages - 1)
  const buttons = [
    ...(page > 0 ? [createButton({ text: 'Previous', action: 'look_page:previous', value: String(page - 1) })] : []),
    ...(page < pages - 1 ? [createButton({ text: 'Next', action: 'look_page:next', value: String(page + 1) })] : []),
  ]
  const shown = found.slice(page * LIST_MODAL_PAGE_SIZE, (page + 1) * LIST_MODAL_PAGE_SIZE)
  return { shown, hits: found.length, page, pages, pageButtons: buttons.length === 0 ? [] : [actionsBlock(buttons)] }
}

type NamedConnection = { id: string; name: string }

/** The top of a list: which connection, a field to search by, and what is shown. */
export function listQueryBlocks(
  list: 'resources' | 'prompts' | 'skills',
  query: ListQuery,
  names: NamedConnection[],
  { title, page }: { title: string; page: Omit<PagedList<unknown>, 'shown' | 'pageButtons'> },
): KnownBlock[] {
  const field = inputBlock({
    id: 'words',
    label: 'Search',
    hint: 'Press Enter to search names and descriptions.',
    optional: true,
    element: {
      type: 'plain_text_input',
      action_id: 'look_words',
      ...(query.words !== '' && { initial_value: truncate(query.words, 200) }),
      dispatch_action_config: { trigger_actions_on: ['on_enter_pressed'] },
    },
  })
  const where = page.pages > 1 ? `, page ${page.page + 1} of ${page.pages}` : ''
  const emptyText = query.words === '' ? `It has no ${list} right now.` : `Nothing matches your search.`
  return [
    ...(names.length > 1 ? [connectionPickerBlock(names, query.connection)] : []),
    { ...field, dispatch_action: true },
    sectionBlock(`${title}${where}`),
    ...(page.hits === 0 ? [contextBlock(emptyText)] : []),
  ]
}

/** The menu that chooses whose list is shown. */
export function connectionPickerBlock(names: NamedConnection[], chosen: string | undefined): KnownBlock {
  const options = names.slice(0, LIMITS.options.select).map(({ id, name }) => createOption(name, id))
  const initial = options.find(({ value }) => value === chosen)
  return actionsBlock([
    {
      type: 'static_select',
      action_id: 'look_of',
      placeholder: plainTextObject('Choose a connection', LIMITS.placeholder),
      options,
      ...(initial && { initial_option: initial }),
    },
  ])
}
