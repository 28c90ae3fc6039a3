import type { App } from '@slack/bolt'
import { z } from 'zod'
import type { Principal } from '../../ids.ts'
import { uncheckedText } from '../../policy/decide.ts'
import type { Connection, StoredTool } from '../../registry/connection.ts'
import type { ConnectionDeps, PolicyDeps, RunsDeps, SlackDeps, WebApiDeps } from '../deps.ts'
import { findNearestWord } from '../interactions/find-by-name.ts'
import { type Command, onButtonPress } from '../interactions/interaction.ts'
import { onViewSubmission } from '../interactions/modals.ts'
import { replyConnectOffer } from '../onboarding/demo-card.ts'
import { AnyResponse } from '../web-api/web-api.ts'
import {
  findTools,
  noSuchToolsMessage,
  type ToolLine,
  type ToolListQuery,
  toolsMessage,
  toolsModal,
  type UnusableToolLine,
} from './tools-list.ts'

export const toolsCommand: Command = {
  name: 'tools',
  usage: '[connection] [words]',
  description: 'shows what your connections can do',
  async run(deps, { words, responder }) {
    const [name, ...wanted] = words
    const all = await deps.connect.usable(responder.by)
    if (all.length === 0) {
      await replyConnectOffer(deps, responder, 'Tools')
      return
    }
    const connection = all.find((one) => one.name.toLowerCase() === name?.toLowerCase())
    const only = connection ?? (all.length === 1 ? all[0] : undefined)
    // A first word that is no connection's name is searched for in all connections.
    const query: ToolListQuery = { connection: only?.name, words: (connection ? wanted : words).join(' '), page: 0 }
    const searched = only ? [only] : all
    const lines = await toolLinesOf(deps, responder.by, searched)
    const leftOut = unusableToolsOf(deps, searched)
    if (name !== undefined && connection === undefined && findTools(lines, query.words).length === 0) {
      const names = all.map((one) => one.name)
      await responder.reply(noSuchToolsMessage(words.join(' '), names, findNearestWord(name, names)), 'Not found')
      return
    }
    if (responder.channel === undefined) await responder.openModal(toolsModal(lines, query, leftOut))
    else await responder.reply(toolsMessage(lines, query, leftOut), 'Tools')
  },
}

async function toolLinesOf(
  { connect, rules }: ConnectionDeps & PolicyDeps,
  by: Principal,
  connections: Connection[],
): Promise<ToolLine[]> {
  const allowed = (await rules.rulesFor(by)).filter(
    ({ scope, verdict, conversation }) => scope === 'person' && verdict === 'allow' && conversation === undefined,
  )
  return connections.flatMap((connection) =>
    connection.tools.map((tool) => {
      const always = allowed.some((rule) => rule.connection === connection.id && rule.tool === tool.name)
      const line = toolLineOf(connect, connection, tool)
      return { ...line, free: line.free || always }
    }),
  )
}

function toolLineOf(
  connect: SlackDeps['connect'],
  { name, card, classedTools, changes }: Connection,
  tool: StoredTool,
): ToolLine {
  const classification = connect.classificationOf(card, tool.name, classedTools)
  const kind = classification.class
  const unchecked = kind === undefined ? { unchecked: uncheckedText(tool.annotations) } : {}
  // A server's own annotations never skip an approval, and SQL has to be read first.
  const sql = classification.class !== undefined && classification.sql !== undefined
  const free = classification.class === 'read' && !sql
  const changed = changes?.tools.some((one) => one.name === tool.name) ?? false
  return { connection: name, name: tool.name, description: tool.description, kind, free, sql, changed, ...unchecked }
}

const Query = z.object({ connection: z.string().optional(), words: z.string(), page: z.number() })

const FieldValues = z.looseObject({ words: z.record(z.string(), z.object({ value: z.string().nullish() })) })

/** Listens to the page buttons and the search in the message and the modal. */
export function registerTools(app: App, deps: WebApiDeps & RunsDeps & ConnectionDeps & PolicyDeps): void {
  onButtonPress(app, deps, 'tools_page', async ({ by, value, view, responder }) => {
    const query = readQuery(value)
    const [lines, , leftOut] = await modalContentFor(deps, by, query)
    if (view)
      await deps.webApi.call('views.update', { view_id: view.id, view: toolsModal(lines, query, leftOut) }, AnyResponse)
    else await responder.replace(toolsMessage(lines, query, leftOut), 'Tools')
  })
  onButtonPress(app, deps, 'tools_search', async ({ by, value, responder }) => {
    const query = readQuery(value)
    await responder.openModal(toolsModal(...(await modalContentFor(deps, by, query))))
  })
  onButtonPress(app, deps, 'tools_words', async ({ by, value, view }) => {
    if (view === undefined) return
    const query = { ...readQuery(view.privateMetadata), words: value, page: 0 }
    const next = toolsModal(...(await modalContentFor(deps, by, query)))
    await deps.webApi.call('views.update', { view_id: view.id, view: next }, AnyResponse)
  })
  onViewSubmission(app, deps, 'tools', async ({ by, privateMetadata, values, ack }) => {
    const typed = FieldValues.parse(values).words.tools_words?.value ?? ''
    const query = { ...readQuery(privateMetadata), words: typed, page: 0 }
    await ack({ response_action: 'update', view: toolsModal(...(await modalContentFor(deps, by, query))) })
  })
}

function readQuery(text: string): ToolListQuery {
  const { connection, words, page } = Query.parse(JSON.parse(text))
  return { connection, words, page }
}

type ModalContent = [lines: ToolLine[], query: ToolListQuery, leftOut: UnusableToolLine[]]

async function modalContentFor(
  deps: RunsDeps & ConnectionDeps & PolicyDeps,
  by: Principal,
  query: ToolListQuery,
): Promise<ModalContent> {
  const all = await deps.connect.usable(by)
  const searched = query.connection === undefined ? all : all.filter((one) => one.name === query.connection)
  return [await toolLinesOf(deps, by, searched), query, unusableToolsOf(deps, searched)]
}

/** Tools that cannot be called, and tools that the model cannot be offered. */
function unusableToolsOf({ runs }: RunsDeps, connections: Connection[]): UnusableToolLine[] {
  return connections.flatMap((one) => [
    ...newToolsOf(one),
    ...[...(one.unusableTools ?? []), ...runs.leftOut(one.tools.map((tool) => ({ connection: one.name, tool })))].map(
      ({ tool, why }) => ({ connection: one.name, tool, why }),
    ),
  ])
}

const newToolsOf = ({ name, tools, changes }: Connection): UnusableToolLine[] =>
  (changes?.tools ?? [])
    .filter((listed) => tools.every((tool) => tool.name !== listed.name))
    .map((listed) => ({ connection: name, tool: listed.name, why: 'new, and you have not looked at it', isNew: true }))
