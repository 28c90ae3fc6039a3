/**
 * Slack's limits per method and workspace (docs.slack.dev/apis/web-api/rate-limits).
 * `strict` is Slack's own height; `generous` keeps their shape at fifty times the height.
 */
export type Strictness = 'strict' | 'generous'

export type RateLimits = {
  /** Seconds until the method may be called again; undefined when it may be called now, which counts as a call. */
  wait(method: string, args: Record<string, unknown>): number | undefined
  set(strictness: Strictness): void
  /** Lets time pass for the limits alone, as if people acted later. */
  pass(seconds: number): void
  /** How many messages one page of a conversation may have. */
  pageSize(): number
}

const TIERS = { 1: 1, 2: 20, 3: 50, 4: 100 } as const
type Tier = keyof typeof TIERS

/** The tier of each method for which Slack names one; other methods are not limited here. */
const TIER_OF: Record<string, Tier> = {
  'agents.sessions.rename': 3,
  'agents.sessions.setStatus': 3,
  'api.test': 4,
  'apps.connections.open': 3,
  'assistant.threads.setSuggestedPrompts': 4,
  'assistant.threads.setTitle': 4,
  'auth.teams.list': 2,
  'bots.info': 3,
  'chat.appendStream': 4,
  'chat.delete': 3,
  'chat.postEphemeral': 4,
  'chat.startStream': 2,
  'chat.stopStream': 2,
  'chat.update': 3,
  'conversations.history': 3,
  'conversations.info': 3,
  'conversations.list': 2,
  'conversations.members': 4,
  'conversations.open': 3,
  'conversations.replies': 3,
  'files.completeUploadExternal': 4,
  'files.delete': 3,
  'files.getUploadURLExternal': 4,
  'files.info': 4,
  'functions.completeError': 3,
  'functions.completeSuccess': 3,
  'reactions.add': 3,
  'reactions.get': 3,
  'reactions.remove': 2,
  'team.info': 3,
  'usergroups.create': 2,
  'usergroups.disable': 2,
  'usergroups.enable': 2,
  'usergroups.update': 2,
  'users.info': 4,
  'users.list': 2,
  'users.lookupByEmail': 3,
  'views.open': 4,
  'views.publish': 4,
  'views.push': 4,
  'views.update': 4,
}

/** assistant.threads.setStatus: 600 a minute per app and team. */
const STATUS_A_MINUTE = 600

/** chat.postMessage: about one a second in a channel with short bursts, and several hundred a minute in all. */
const POSTS = { burst: 10, aMinute: 60, allAMinute: 300 }

const GENEROSITY = 50

/** What an app that others install, but not from the Marketplace, may read of conversations (docs.slack.dev/changelog/2025/05/29/rate-limit-changes-for-non-marketplace-apps). */
const DISTRIBUTED = { methods: ['conversations.history', 'conversations.replies'], aMinute: 1, pageSize: 15 }
const PAGE_SIZE = 1_000

type Limit = { key: string; burst: number; aMinute: number }

type RateLimitOptions = {
  strictness?: Strictness | undefined
  /** Whether several workspaces install the app, which is not in Slack's Marketplace. */
  distributed?: boolean
}

export function createRateLimits(
  clock: () => number,
  { strictness = 'strict', distributed = false }: RateLimitOptions = {},
): RateLimits {
  const buckets = new Map<string, { left: number; at: number }>()
  let factor = factorOf(strictness)
  let passedMs = 0
  const now = () => clock() + passedMs

  const leftIn = ({ key, burst, aMinute }: Limit): number => {
    const bucket = buckets.get(key)
    if (bucket === undefined) return burst * factor
    return Math.min(burst * factor, bucket.left + ((now() - bucket.at) / 60_000) * aMinute * factor)
  }
  const secondsUntil = (limit: Limit): number => ((1 - leftIn(limit)) / (limit.aMinute * factor)) * 60

  return {
    set(next) {
      factor = factorOf(next)
      buckets.clear()
    },
    pass(seconds) {
      passedMs += seconds * 1_000
    },
    pageSize: () => (distributed && factor === 1 ? DISTRIBUTED.pageSize : PAGE_SIZE),
    wait(method, args) {
      const limits =
        distributed && DISTRIBUTED.methods.includes(method) ? [readingLimitOf(method)] : limitsOf(method, args)
      const waits = limits.filter((limit) => leftIn(limit) < 1).map(secondsUntil)
      if (waits.length > 0) return Math.max(1, Math.ceil(Math.max(...waits)))
      for (const limit of limits) buckets.set(limit.key, { left: leftIn(limit) - 1, at: now() })
      return undefined
    },
  }
}

const factorOf = (strictness: Strictness): number => (strictness === 'strict' ? 1 : GENEROSITY)

const readingLimitOf = (method: string): Limit => ({
  key: method,
  burst: DISTRIBUTED.aMinute,
  aMinute: DISTRIBUTED.aMinute,
})

function limitsOf(method: string, args: Record<string, unknown>): Limit[] {
  if (method === 'chat.postMessage') {
    const { burst, aMinute, allAMinute } = POSTS
    return [
      { key: `${method} ${String(args.channel)}`, burst, aMinute },
      { key: method, burst: allAMinute, aMinute: allAMinute },
    ]
  }
  if (method === 'assistant.threads.setStatus')
    return [{ key: method, burst: STATUS_A_MINUTE, aMinute: STATUS_A_MINUTE }]
  const tier = TIER_OF[method]
  return tier === undefined ? [] : [{ key: method, burst: TIERS[tier], aMinute: TIERS[tier] }]
}
