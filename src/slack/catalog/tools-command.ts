import type { App } from '@slack/bolt'
import { z } from 'zod'
import type { Principal } from '../../ids.ts'
import type { Connection, StoredTool } from '../../registry/connection.ts'
import { nothingConnectedMessage } from '../connections/connections-message.ts'
import type { SlackDeps } from '../deps.ts'
import { onButtonPress } from '../interactions/button-press.ts'
import type { Command } from '../interactions/command.ts'
import { nearestWordTo } from '../interactions/nearest-word.ts'
import { onViewSubmission } from '../interactions/view-submission.ts'
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
  what: 'shows what your connections can do',
  async run(deps, { words, scene }) {
    const [name, ...wanted] = words
    const all = await deps.registry.connectionsOf(scene.by)
    if (all.length === 0) {
      await scene.reply(nothingConnectedMessage, 'Tools')
      return
    }
    const connection = name === undefined ? undefined : await deps.registry.find(scene.by, name)
    const only = connection ?? (all.length === 1 ? all[0] : undefined)
    // A word that names no connection is looked for in all of them.
    const look: ToolListQuery = { connection: only?.name, words: (connection ? wanted : words).join(' '), page: 0 }
    const seen = only ? [only] : all
    const lines = await linesOf(deps, scene.by, seen)
    const leftOut = leftOutOf(deps, seen)
    if (name !== undefined && connection === undefined && findTools(lines, look.words).length === 0) {
      const names = all.map((one) => one.name)
      await scene.reply(noSuchToolsMessage(words.join(' '), names, nearestWordTo(name, names)), 'Not found')
      return
    }
    if (scene.channel === undefined) await scene.openModal(toolsModal(lines, look, leftOut))
    else await scene.reply(toolsMessage(lines, look, leftOut), 'Tools')
  },
}

async function linesOf({ connect, rules }: SlackDeps, by: Principal, connections: Connection[]): Promise<ToolLine[]> {
  const allowed = (await rules.rulesFor(by)).filter(({ scope, verdict }) => scope === 'person' && verdict === 'allow')
  return connections.flatMap((connection) =>
    connection.tools.map((tool) => {
      const always = allowed.some((rule) => rule.connection === connection.id && rule.tool === tool.name)
      const line = lineOf(connect, connection, tool)
      return { ...line, free: line.free || always }
    }),
  )
}

function lineOf(connect: SlackDeps['connect'], { name, card }: Connection, tool: StoredTool): ToolLine {
  const word = connect.classificationOf(card, tool.name)
  const kind = word.class ?? claimed(tool)
  // What a server says of itself is no reason not to ask; a statement has to be read first.
  const sql = word.class !== undefined && word.sql !== undefined
  const free = word.class === 'read' && !sql
  return { connection: name, name: tool.name, description: tool.description, kind, free, sql }
}

function claimed({ annotations }: StoredTool): ToolLine['kind'] {
  if (annotations?.readOnlyHint === true) return 'read'
  if (annotations?.destructiveHint === true) return 'destructive'
  return annotations?.destructiveHint === false ? 'write' : undefined
}

const Look = z.object({ connection: z.string().optional(), words: z.string(), page: z.number() })

const Words = z.looseObject({ words: z.record(z.string(), z.object({ value: z.string().nullish() })) })

/** Turning pages and searching, in the message and in the modal. */
export function registerTools(app: App, deps: SlackDeps): void {
  onButtonPress(app, deps, 'tools_page', async ({ by, value, view, scene }) => {
    const look = readLook(value)
    const [lines, , leftOut] = await lookedAt(deps, by, look)
    if (view)
      await deps.webApi.call('views.update', { view_id: view.id, view: toolsModal(lines, look, leftOut) }, AnyResponse)
    else await scene.replace(toolsMessage(lines, look, leftOut), 'Tools')
  })
  onButtonPress(app, deps, 'tools_search', async ({ by, value, scene }) => {
    const look = readLook(value)
    await scene.openModal(toolsModal(...(await lookedAt(deps, by, look))))
  })
  onButtonPress(app, deps, 'tools_words', async ({ by, value, view }) => {
    if (view === undefined) return
    const look = { ...readLook(view.keep), words: value, page: 0 }
    const next = toolsModal(...(await lookedAt(deps, by, look)))
    await deps.webApi.call('views.update', { view_id: view.id, view: next }, AnyResponse)
  })
  onViewSubmission(app, deps, 'tools', async ({ by, keep, values, ack }) => {
    const typed = Words.parse(values).words.tools_words?.value ?? ''
    const look = { ...readLook(keep), words: typed, page: 0 }
    await ack({ response_action: 'update', view: toolsModal(...(await lookedAt(deps, by, look))) })
  })
}

function readLook(text: string): ToolListQuery {
  const { connection, words, page } = Look.parse(JSON.parse(text))
  return { connection, words, page }
}

type Looked = [lines: ToolLine[], look: ToolListQuery, leftOut: UnusableToolLine[]]

async function lookedAt(deps: SlackDeps, by: Principal, look: ToolListQuery): Promise<Looked> {
  const all = await deps.registry.connectionsOf(by)
  const seen = look.connection === undefined ? all : all.filter((one) => one.name === look.connection)
  return [await linesOf(deps, by, seen), look, leftOutOf(deps, seen)]
}

/** What the servers list and cannot be called, and what the model cannot be offered. */
function leftOutOf({ runs }: SlackDeps, connections: Connection[]): UnusableToolLine[] {
  return connections.flatMap((one) => [
    ...(one.leftOut ?? []),
    ...runs.leftOut(one.tools.map((tool) => ({ connection: one.name, tool }))),
  ])
}
