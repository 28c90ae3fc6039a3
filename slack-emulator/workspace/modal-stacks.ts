import { randomBytes } from 'node:crypto'
import { LIMITS } from '../../src/block-kit/limits.ts'
import { listOf } from '../../src/block-kit/shape-rules.ts'
import { addIds, placedElementsIn } from './blocks.ts'
import { initialStateOf } from './form-state.ts'
import type { Json, View } from './records.ts'
import { APP } from './seed.ts'

/** The open modals, a stack per person; they are in memory only, because a reload of Slack closes them too. */
export type ModalStacks = {
  top(user: string): View | undefined
  open(user: string, given: Json): View
  push(user: string, given: Json): View | 'push_limit_reached'
  /** Finds an open view by its id or external id. */
  find(id: { view?: string | undefined; external?: string | undefined }): View | undefined
  /** Replaces a view's content and keeps what the person typed into blocks that stay. */
  replace(view: View, given: Json): View
  keep(view: View): void
  /** Removes the view on top, or the whole stack. */
  close(user: string, all?: boolean): View[]
}

export function createModalStacks(changed: (user: string) => void): ModalStacks {
  const stacks = new Map<string, View[]>()
  const stackOf = (user: string) => stacks.get(user) ?? []
  const set = (user: string, stack: View[]) => {
    stacks.set(user, stack)
    changed(user)
  }
  const keep = (view: View) =>
    set(
      view.user,
      stackOf(view.user).map((one) => (one.id === view.id ? view : one)),
    )

  return {
    keep,
    top: (user) => stackOf(user).at(-1),
    open(user, given) {
      const view = createView(user, 'modal', given)
      set(user, [view])
      return view
    },
    push(user, given) {
      const stack = stackOf(user)
      const [root, below] = [stack[0], stack.at(-1)]
      if (root === undefined || below === undefined || stack.length >= LIMITS.view.stack) return 'push_limit_reached'
      const view = { ...createView(user, 'modal', given), root: root.id, previous: below.id }
      set(user, [...stack, view])
      return view
    },
    find: ({ view, external }) =>
      [...stacks.values()]
        .flat()
        .find((one) => one.id === view || (external !== undefined && one.given.external_id === external)),
    replace(view, given) {
      const next = replaceViewContent(view, given)
      keep(next)
      return next
    },
    close(user, all = false) {
      const stack = stackOf(user)
      const gone = all ? [...stack].reverse() : stack.slice(-1)
      set(user, all ? [] : stack.slice(0, -1))
      return gone
    },
  }
}

const newHash = () => `${Math.floor(Date.now() / 1000)}.${randomBytes(4).toString('hex')}`

export function createView(user: string, type: View['type'], given: Json): View {
  const id = `V${randomBytes(5).toString('hex').toUpperCase()}`
  const named = { ...given, blocks: addIds(listOf(given.blocks)) }
  return { id, hash: newHash(), user, type, root: id, given: named, state: stateOf(named.blocks, {}) }
}

/** Returns the view with new content. */
export function replaceViewContent(view: View, given: Json): View {
  const named = { ...given, blocks: addIds(listOf(given.blocks)) }
  return { ...view, hash: newHash(), given: named, state: stateOf(named.blocks, view.state) }
}

/** Slack keeps a typed value if block_id, action_id and type of the element stay the same. */
function stateOf(blocks: Json[], before: View['state']): View['state'] {
  const state: View['state'] = {}
  for (const { blockId, actionId, element } of placedElementsIn(blocks)) {
    const kept = before[blockId]?.[actionId]
    const value = kept?.type === element.type ? kept : initialStateOf(element)
    if (value !== undefined) state[blockId] = { ...state[blockId], [actionId]: value }
  }
  return state
}

/** The view as Slack's API and payloads show it. */
export function viewObjectOf(view: View, teamId: string): Json {
  return {
    id: view.id,
    team_id: teamId,
    type: view.type,
    blocks: view.given.blocks,
    private_metadata: view.given.private_metadata ?? '',
    callback_id: view.given.callback_id ?? '',
    external_id: view.given.external_id ?? '',
    state: { values: view.state },
    hash: view.hash,
    title: view.given.title ?? { type: 'plain_text', text: 'View Title' },
    close: view.given.close ?? null,
    submit: view.given.submit ?? null,
    clear_on_close: view.given.clear_on_close === true,
    notify_on_close: view.given.notify_on_close === true,
    previous_view_id: view.previous ?? null,
    root_view_id: view.root,
    app_id: APP.id,
    app_installed_team_id: teamId,
    bot_id: APP.bot,
  }
}
