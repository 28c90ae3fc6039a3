import type { App } from '@slack/bolt'
import { z } from 'zod'
import { findAgents } from '../../agents/create-agents.ts'
import type { Principal } from '../../ids.ts'
import { findWorkflows } from '../../workflows/create-workflows.ts'
import type { AgentDeps, ConnectionDeps, PolicyDeps, WebApiDeps, WorkflowDeps } from '../deps.ts'
import { type Command, onButtonPress } from '../interactions/interaction.ts'
import { onViewSubmission } from '../interactions/modals.ts'
import { AnyResponse } from '../web-api/web-api.ts'
import { type SearchContent, type SearchQuery, searchMessage, searchModal } from './search-results.ts'

export const searchCommand: Command = {
  name: 'search',
  usage: '[words]',
  description: 'finds a tool to connect, an agent to ask, or a workflow to run',
  async run(deps, { words, responder }) {
    const query = { words: words.join(' '), page: 0 }
    const found = await search(deps, responder.by, query)
    if (found !== undefined && responder.channel !== undefined)
      await responder.reply(searchMessage(found, query), 'Find a tool')
    else await responder.openModal(searchModal(found, query))
  },
}

/** The hits that the workspace allows to connect; undefined without words. */
async function search(
  deps: ConnectionDeps & PolicyDeps & AgentDeps & WorkflowDeps,
  { workspace, user }: Principal,
  { words }: SearchQuery,
): Promise<SearchContent | undefined> {
  if (words.trim() === '') return undefined
  const [found, { cards: allowed }, agents, workflows] = await Promise.all([
    deps.connect.find(workspace, words, user),
    deps.settings.of(workspace),
    deps.agents.usable({ workspace, user }),
    deps.workflows.usable({ workspace, user }),
  ])
  const mayUse = (card: string) => allowed?.includes(card) ?? true
  const hits = found.hits.filter(({ permissionCard }) => mayUse(permissionCard))
  return {
    ...found,
    hits,
    notAllowed: found.hits.length - hits.length,
    mayConnectByAddress: mayUse('custom'),
    agents: findAgents(words, agents),
    workflows: findWorkflows(words, workflows),
  }
}

const Query = z.object({ words: z.string(), page: z.number() })

/** Listens to page buttons and searches in the message and the modal. */
export function registerSearch(
  app: App,
  deps: WebApiDeps & ConnectionDeps & PolicyDeps & AgentDeps & WorkflowDeps,
): void {
  const modalOf = async (by: Principal, query: SearchQuery) => searchModal(await search(deps, by, query), query)
  onButtonPress(app, deps, 'search_page', async ({ by, value, view, responder }) => {
    const query = Query.parse(JSON.parse(value))
    if (view) {
      const next = await modalOf(by, query)
      await deps.webApi.call('views.update', { view_id: view.id, view: next }, AnyResponse)
      return
    }
    const found = await search(deps, by, query)
    if (found !== undefined) await responder.replace(searchMessage(found, query), 'Find a tool')
  })
  onButtonPress(app, deps, 'search_words', async ({ by, value, view }) => {
    if (view === undefined) return
    const next = await modalOf(by, { words: value, page: 0 })
    await deps.webApi.call('views.update', { view_id: view.id, view: next }, AnyResponse)
  })
  onViewSubmission(app, deps, 'search', async ({ by, typed, ack }) => {
    const query = { words: typed.words ?? '', page: 0 }
    await ack({ response_action: 'update', view: await modalOf(by, query) })
  })
}
