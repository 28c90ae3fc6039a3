import { join, resolve } from 'node:path'
import type { Card, StdioServer } from '../cards/card.ts'
import { AppError } from '../errors.ts'
import type { Limits, Target } from '../mcp/target.ts'
import type { Connection } from '../registry/connection.ts'

const FILES = 'files'
const NPM = 'npm'

/** What a target is made of: a connection, or one that is about to be. */
export type Targeted = Pick<Connection, 'workspace' | 'user' | 'name' | 'card' | 'inputs'>

export type Targets = {
  /** Throws `card_unknown` when the connection's card is not there any more. */
  target(connection: Targeted): Target
  limits(connection: Pick<Connection, 'card'>): Limits
}

/** Turns connections into targets by their cards. A stdio server gets a folder of its own, which is also its HOME. */
export function createTargets(cards: Card[], dataDir: string): Targets {
  const data = resolve(dataDir)
  const byName = new Map(cards.map((card) => [card.name, card]))
  const cardOf = (name: string): Card => {
    const card = byName.get(name)
    if (card !== undefined) return card
    throw new AppError(
      'card_unknown',
      `The run card "${name}" is not there any more. Disconnect, or ask whoever runs Patchbay here.`,
    )
  }
  return {
    target: (connection) => {
      const card = cardOf(connection.card)
      const { title, docs, server } = card
      if (server.kind === 'stdio') return { title, docs, ...stdioTarget(server, connection, data) }
      return {
        title,
        docs,
        kind: 'http',
        url: server.url,
        headers: server.headers,
        values: connection.inputs,
        checks: server.checks,
      }
    },
    limits: (connection) => cardOf(connection.card).limits,
  }
}

function stdioTarget(server: StdioServer, connection: Targeted, data: string) {
  const home = homeOf(connection, data)
  const own = Object.fromEntries(Object.entries(server.own).map(([name, path]) => [name, join(home, path)]))
  return {
    kind: 'stdio' as const,
    package: server.package,
    version: server.version,
    bin: server.bin,
    args: server.arguments,
    // One cache for all, or each person would download a package anew into a folder that is theirs to read.
    env: { npm_config_cache: join(data, NPM), ...server.env },
    values: { ...connection.inputs, ...own },
    folders: [home] satisfies [string],
    around: [join(data, FILES), join(data, NPM)],
    reaches: server.reaches,
    checks: server.checks,
  }
}

/** By name, not id: who connects again under the same name finds their files again. The names hold no dots or slashes. */
function homeOf({ workspace, user, card, name }: Targeted, data: string): string {
  return join(data, FILES, workspace, user, card, name)
}
