import type { App } from '@slack/bolt'
import { z } from 'zod'
import type { WorkspaceId } from '../../ids.ts'
import type { SlackDeps } from '../deps.ts'
import { onButtonPress } from '../interactions/button-press.ts'
import type { Command } from '../interactions/command.ts'
import { onViewSubmission } from '../interactions/view-submission.ts'
import { AnyResponse } from '../web-api/web-api.ts'
import { type SearchContent, type SearchQuery, searchMessage, searchModal } from './search-results.ts'

export const searchCommand: Command = {
  name: 'search',
  usage: '[words]',
  what: 'finds a tool to connect',
  async run(deps, { words, scene }) {
    const look = { words: words.join(' '), page: 0 }
    const found = await search(deps, scene.by.workspace, look)
    if (found !== undefined && scene.channel !== undefined) await scene.reply(searchMessage(found, look), 'Find a tool')
    else await scene.openModal(searchModal(found, look))
  },
}

/** What may be connected here of what is found; undefined where nothing is looked for. */
async function search(
  deps: SlackDeps,
  workspace: WorkspaceId,
  { words }: SearchQuery,
): Promise<SearchContent | undefined> {
  if (words.trim() === '') return undefined
  const [found, { cards: allowed }] = await Promise.all([
    deps.connect.find(workspace, words),
    deps.settings.of(workspace),
  ])
  const mayUse = (card: string) => allowed?.includes(card) ?? true
  const hits = found.hits.filter(({ ruledBy }) => mayUse(ruledBy))
  return { ...found, hits, barred: found.hits.length - hits.length, mayAddress: mayUse('custom') }
}

const Look = z.object({ words: z.string(), page: z.number() })

/** Turning pages and searching anew, in the message and in the modal. */
export function registerSearch(app: App, deps: SlackDeps): void {
  const modalOf = async (workspace: WorkspaceId, look: SearchQuery) =>
    searchModal(await search(deps, workspace, look), look)
  onButtonPress(app, deps, 'search_page', async ({ by, value, view, scene }) => {
    const look = Look.parse(JSON.parse(value))
    if (view) {
      const next = await modalOf(by.workspace, look)
      await deps.webApi.call('views.update', { view_id: view.id, view: next }, AnyResponse)
      return
    }
    const found = await search(deps, by.workspace, look)
    if (found !== undefined) await scene.replace(searchMessage(found, look), 'Find a tool')
  })
  onButtonPress(app, deps, 'search_words', async ({ by, value, view }) => {
    if (view === undefined) return
    const next = await modalOf(by.workspace, { words: value, page: 0 })
    await deps.webApi.call('views.update', { view_id: view.id, view: next }, AnyResponse)
  })
  onViewSubmission(app, deps, 'search', async ({ by, typed, ack }) => {
    const look = { words: typed.words ?? '', page: 0 }
    await ack({ response_action: 'update', view: await modalOf(by.workspace, look) })
  })
}
