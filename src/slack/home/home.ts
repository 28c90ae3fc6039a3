import type { App } from '@slack/bolt'
import { z } from 'zod'
import { errorChainOf } from '../../errors.ts'
import { type Principal, UserId } from '../../ids.ts'
import type { SlackDeps } from '../deps.ts'
import { AnyResponse } from '../web-api/web-api.ts'
import type { WorkspaceSettingsView } from './home-settings.ts'
import { createHomeView, HOME_CONNECTIONS_SHOWN } from './home-view.ts'

/** Changes come in bursts; Slack takes about 100 paintings of Home tabs a minute. */
const REFRESH_AFTER_MS = 1_500

/** Slack tells when a Home tab is opened and never when it is left, so this is how long a person counts as looking at it. */
const LOOKS_FOR_MS = 60 * 60_000
const MOST_LOOKING = 1_000

type HomeDeps = Omit<
  SlackDeps,
  'refreshHome' | 'paintHome' | 'directMessageOf' | 'sessions' | 'forgetToken' | 'offering'
>

export type Home = {
  /** Soon, once for many changes, for those who opened it here lately; whoever opens it later sees it painted then. */
  refresh(principal: Principal): void
  /** Now, as the person is looking at it; never throws. */
  paint(principal: Principal): Promise<void>
  close(): void
}

/** Paints Home tabs, soon after something changed for a person. */
export function createHome(deps: HomeDeps): Home {
  const waiting = new Map<string, NodeJS.Timeout>()
  const looking = createLooking()
  return {
    refresh(principal) {
      if (waiting.has(principal.user) || !looking.is(principal.user)) return
      const paint = () => {
        waiting.delete(principal.user)
        void publish(deps, principal)
      }
      waiting.set(principal.user, setTimeout(paint, REFRESH_AFTER_MS))
    },
    paint(principal) {
      looking.note(principal.user)
      return publish(deps, principal)
    },
    close() {
      for (const timer of waiting.values()) clearTimeout(timer)
      waiting.clear()
    },
  }
}

/** Who may be looking at their Home tab: those who opened it or pressed in it last. */
export function createLooking(now = Date.now): { note(user: UserId): void; is(user: UserId): boolean } {
  const until = new Map<UserId, number>()
  return {
    note(user) {
      until.delete(user)
      until.set(user, now() + LOOKS_FOR_MS)
      const [oldest] = until.keys()
      if (until.size > MOST_LOOKING && oldest !== undefined) until.delete(oldest)
    },
    is: (user) => (until.get(user) ?? 0) > now(),
  }
}

/** Never throws: a Home tab that could not be painted is painted when it is opened next. */
async function publish(deps: HomeDeps, principal: Principal): Promise<void> {
  try {
    const [pending, inputs, connections, rules, approvers, recent, usage, workspace] = await Promise.all([
      deps.runs.pendingFor(principal),
      deps.runs.openInputs(principal),
      deps.registry.connectionsOf(principal),
      deps.rules.rulesFor(principal),
      deps.rules.approversOf(principal.workspace),
      deps.usage.recentOf(principal, HOME_CONNECTIONS_SHOWN.recent),
      deps.usage.monthOf(principal),
      workspaceOf(deps, principal),
    ])
    const view = createHomeView({
      pending,
      inputs,
      now: new Date(),
      connections,
      rules,
      approvers,
      recent,
      usage,
      workspace,
      cardOf: deps.connect.cardOf,
      circuitOf: deps.connect.circuit,
    })
    await deps.webApi.call('views.publish', { user_id: principal.user, view }, AnyResponse, 0)
  } catch (error) {
    deps.log.warn({ user: principal.user, why: errorChainOf(error) }, 'Home tab not painted')
  }
}

/** What only owners and admins see. */
async function workspaceOf(deps: HomeDeps, { workspace, user }: Principal): Promise<WorkspaceSettingsView | undefined> {
  if (!(await deps.people.of(user)).mayManage) return undefined
  const [settings, usage] = await Promise.all([deps.settings.of(workspace), deps.usage.monthOfAll(workspace)])
  return { settings, usage, cards: deps.connect.cards() }
}

const Opened = z.object({ user: UserId, tab: z.string().optional() })

export function registerHome(app: App, deps: SlackDeps): void {
  app.event('app_home_opened', async ({ event }) => {
    const parsed = Opened.safeParse(event)
    if (!parsed.success) return
    const { workspace } = await deps.bot()
    const { user, tab } = parsed.data
    if (tab !== 'messages') void deps.paintHome({ workspace, user })
  })
}
