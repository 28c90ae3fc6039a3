import type { App } from '@slack/bolt'
import { z } from 'zod'
import type { Principal } from '../../ids.ts'
import type { Connection, StoredTool } from '../../registry/connection.ts'
import { Anything } from '../calls.ts'
import type { Deps } from '../deps.ts'
import { nearest } from '../nearest.ts'
import { onPress } from '../press.ts'
import { onSubmit } from '../submit.ts'
import { sayNothingConnected } from '../views/connections.ts'
import {
  found,
  type LeftOut,
  sayNoSuchTools,
  sayTools,
  type ToolLine,
  type ToolLook,
  toolsModal,
} from '../views/tools.ts'
import type { Command } from './command.ts'

export const toolsCommand: Command = {
  name: 'tools',
  usage: '[connection] [words]',
  what: 'shows what your connections can do',
  async run(deps, { words, scene }) {
    const [name, ...wanted] = words
    const all = await deps.registry.connectionsOf(scene.by)
    if (all.length === 0) {
      await scene.say(sayNothingConnected, 'Tools')
      return
    }
    const connection = name === undefined ? undefined : await deps.registry.find(scene.by, name)
    const only = connection ?? (all.length === 1 ? all[0] : undefined)
    // A word that names no connection is looked for in all of them.
    const look: ToolLook = { connection: only?.name, words: (connection ? wanted : words).join(' '), page: 0 }
    const seen = only ? [only] : all
    const lines = await linesOf(deps, scene.by, seen)
    const leftOut = leftOutOf(deps, seen)
    if (name !== undefined && connection === undefined && found(lines, look.words).length === 0) {
      const names = all.map((one) => one.name)
      await scene.say(sayNoSuchTools(words.join(' '), names, nearest(name, names)), 'Not found')
      return
    }
    if (scene.channel === undefined) await scene.open(toolsModal(lines, look, leftOut))
    else await scene.say(sayTools(lines, look, leftOut), 'Tools')
  },
}

async function linesOf({ connect, rules }: Deps, by: Principal, connections: Connection[]): Promise<ToolLine[]> {
  const allowed = (await rules.rulesFor(by)).filter(({ scope, verdict }) => scope === 'person' && verdict === 'allow')
  return connections.flatMap((connection) =>
    connection.tools.map((tool) => {
      const always = allowed.some((rule) => rule.connection === connection.id && rule.tool === tool.name)
      const line = lineOf(connect, connection, tool)
      return { ...line, free: line.free || always }
    }),
  )
}

function lineOf(connect: Deps['connect'], { name, card }: Connection, tool: StoredTool): ToolLine {
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
export function registerTools(app: App, deps: Deps): void {
  onPress(app, deps, 'tools_page', async ({ by, value, view, scene }) => {
    const look = readLook(value)
    const [lines, , leftOut] = await lookedAt(deps, by, look)
    if (view)
      await deps.calls.call('views.update', { view_id: view.id, view: toolsModal(lines, look, leftOut) }, Anything)
    else await scene.instead(sayTools(lines, look, leftOut), 'Tools')
  })
  onPress(app, deps, 'tools_search', async ({ by, value, scene }) => {
    const look = readLook(value)
    await scene.open(toolsModal(...(await lookedAt(deps, by, look))))
  })
  onPress(app, deps, 'tools_words', async ({ by, value, view }) => {
    if (view === undefined) return
    const look = { ...readLook(view.keep), words: value, page: 0 }
    const next = toolsModal(...(await lookedAt(deps, by, look)))
    await deps.calls.call('views.update', { view_id: view.id, view: next }, Anything)
  })
  onSubmit(app, deps, 'tools', async ({ by, keep, values, ack }) => {
    const typed = Words.parse(values).words.tools_words?.value ?? ''
    const look = { ...readLook(keep), words: typed, page: 0 }
    await ack({ response_action: 'update', view: toolsModal(...(await lookedAt(deps, by, look))) })
  })
}

function readLook(text: string): ToolLook {
  const { connection, words, page } = Look.parse(JSON.parse(text))
  return { connection, words, page }
}

type Looked = [lines: ToolLine[], look: ToolLook, leftOut: LeftOut[]]

async function lookedAt(deps: Deps, by: Principal, look: ToolLook): Promise<Looked> {
  const all = await deps.registry.connectionsOf(by)
  const seen = look.connection === undefined ? all : all.filter((one) => one.name === look.connection)
  return [await linesOf(deps, by, seen), look, leftOutOf(deps, seen)]
}

/** What the servers list and cannot be called, and what the model cannot be offered. */
function leftOutOf({ runs }: Deps, connections: Connection[]): LeftOut[] {
  return connections.flatMap((one) => [
    ...(one.leftOut ?? []),
    ...runs.leftOut(one.tools.map((tool) => ({ connection: one.name, tool }))),
  ])
}
