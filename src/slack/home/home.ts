import type { App } from '@slack/bolt'
import { z } from 'zod'
import { errorChainOf } from '../../errors.ts'
import { type Principal, UserId } from '../../ids.ts'
import type { RunState } from '../../run/state/state.ts'
import type {
  AgentDeps,
  ConnectionDeps,
  HomeTabDeps,
  PolicyDeps,
  RunsDeps,
  TriggersDeps,
  WebApiDeps,
  WorkflowDeps,
} from '../deps.ts'
import { logIgnoredEvent, markTaken } from '../interactions/taken.ts'
import { demoCardFor } from '../onboarding/demo-card.ts'
import { sharedFor } from '../shared/share-command.ts'
import { AnyResponse } from '../web-api/web-api.ts'
import { openParksOf } from '../workflows/parked-card.ts'
import type { WorkspaceSettingsView } from './home-settings.ts'
import { createHomeView, HOME_LIST_LENGTHS } from './home-view.ts'
import { createRequestLinks } from './recent-requests.ts'

/** Changes come in bursts; Slack takes about 100 calls of views.publish a minute. */
const REFRESH_AFTER_MS = 1_500

/** Slack sends no event when a Home tab is left, so a person counts as viewing it for this long. */
const VIEWER_TTL_MS = 60 * 60_000
const MAX_VIEWERS = 1_000

type RequestLinksOf = ReturnType<typeof createRequestLinks>
type HomeDeps = WebApiDeps &
  RunsDeps &
  TriggersDeps &
  ConnectionDeps &
  PolicyDeps &
  Pick<AgentDeps, 'agents'> &
  WorkflowDeps

export type Home = {
  /** Publishes soon, once for many changes, if the person opened the tab lately. */
  refresh(principal: Principal): void
  /** Publishes at once. Never throws. */
  publish(principal: Principal): Promise<void>
  close(): void
}

/** Publishes Home tabs after changes. */
export function createHome(deps: HomeDeps): Home {
  const timers = new Map<string, NodeJS.Timeout>()
  const viewers = createRecentViewers()
  const painting = { ...deps, linksOf: createRequestLinks(deps) }
  return {
    refresh(principal) {
      if (timers.has(principal.user) || !viewers.has(principal.user)) return
      const publishSoon = () => {
        timers.delete(principal.user)
        void publish(painting, principal)
      }
      timers.set(principal.user, setTimeout(publishSoon, REFRESH_AFTER_MS))
    },
    publish(principal) {
      viewers.add(principal.user)
      return publish(painting, principal)
    },
    close() {
      for (const timer of timers.values()) clearTimeout(timer)
      timers.clear()
    },
  }
}

/** The users who opened their Home tab or pressed a button in it lately. */
export function createRecentViewers(now = Date.now): { add(user: UserId): void; has(user: UserId): boolean } {
  const until = new Map<UserId, number>()
  return {
    add(user) {
      until.delete(user)
      until.set(user, now() + VIEWER_TTL_MS)
      const [oldest] = until.keys()
      if (until.size > MAX_VIEWERS && oldest !== undefined) until.delete(oldest)
    },
    has: (user) => (until.get(user) ?? 0) > now(),
  }
}

/** Who does a person's work, what of it is named, and what starts by itself. */
async function workOf(deps: HomeDeps, principal: Principal) {
  const [agents, workflows, stopped, triggers] = await Promise.all([
    deps.agents.usable(principal),
    deps.workflows.usable(principal),
    countStoppedSteps(deps, principal),
    deps.triggers.of(principal),
  ])
  return { agents, workflows, stopped, triggers }
}

/** Never throws: a Home tab that could not be published is published when it is opened next. */
async function publish(deps: HomeDeps & { linksOf: RequestLinksOf }, principal: Principal): Promise<void> {
  try {
    const [pending, inputs, connections, demo, rules, approvers, recent, usage, work, workspace] = await Promise.all([
      deps.runs.pendingFor(principal),
      deps.runs.openInputs(principal),
      deps.registry.connectionsOf(principal),
      demoCardFor(deps, principal.workspace),
      deps.rules.rulesFor(principal),
      deps.rules.approversOf(principal.workspace),
      deps.usage.recentOf(principal, HOME_LIST_LENGTHS.recent),
      deps.usage.monthOf(principal),
      workOf(deps, principal),
      workspaceOf(deps, principal),
    ])
    const view = createHomeView({
      reader: principal.user,
      pending,
      inputs,
      now: new Date(),
      connections,
      shared: await sharedFor(deps, principal, workspace !== undefined),
      demo,
      rules,
      approvers,
      recent,
      links: await deps.linksOf([...recent, ...pending.flatMap(({ state }) => linkedRequestOf(state, principal))]),
      usage,
      ...work,
      workspace,
      cardOf: deps.connect.cardOf,
      circuitOf: deps.connect.circuit,
    })
    await deps.webApi.call('views.publish', { user_id: principal.user, view }, AnyResponse, 0)
  } catch (error) {
    deps.log.warn({ user: principal.user, why: errorChainOf(error) }, 'Home tab not published')
  }
}

/** As many of a person's last runs are looked through. */
const LOOKED_THROUGH = 10

const countStoppedSteps = async ({ runs }: RunsDeps, principal: Principal): Promise<number> =>
  (await runs.recentOf(principal, LOOKED_THROUGH)).reduce((count, state) => count + openParksOf(state).length, 0)

/** Nobody can open the direct messages of others. */
const linkedRequestOf = ({ id, origin }: RunState, { user }: Principal) =>
  origin.place === 'channel' || origin.user === user
    ? [{ id, channel: origin.channel, messageTs: origin.messageTs }]
    : []

/** What only owners see. */
async function workspaceOf(deps: HomeDeps, { workspace, user }: Principal): Promise<WorkspaceSettingsView | undefined> {
  if (!(await deps.people.mayManageNow(user))) return undefined
  const [settings, usage, asked, groups] = await Promise.all([
    deps.settings.of(workspace),
    deps.usage.monthOfAll(workspace),
    deps.connect.own.asked(workspace),
    deps.names.groups(),
  ])
  return { settings, usage, cards: deps.connect.cards(), asked, groups }
}

const Opened = z.object({ user: UserId, tab: z.string().optional() })

export function registerHome(app: App, deps: WebApiDeps & HomeTabDeps): void {
  app.event('app_home_opened', markTaken, async ({ event, body }) => {
    const parsed = Opened.safeParse(event)
    if (!parsed.success) return logIgnoredEvent(deps.log, body, parsed.error)
    const { workspace } = await deps.bot()
    const { user, tab } = parsed.data
    if (tab !== 'messages') void deps.publishHome({ workspace, user })
  })
}
