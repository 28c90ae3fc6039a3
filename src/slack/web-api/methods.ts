type Method = {
  /** Bot scopes it needs; several: each covers one kind of conversation. */
  scopes: string[]
  /** True where a second call changes nothing, so that it may be retried when the answer was lost. */
  repeatable: boolean
}

/**
 * Every Web API method the app calls, with what it needs (docs.slack.dev/reference/methods).
 * `web-api.ts` takes no other name, and a test compares the manifest with the scopes.
 */
export const METHODS = {
  'agents.sessions.setStatus': { scopes: ['chat:write'], repeatable: true },
  'assistant.threads.setStatus': { scopes: ['chat:write'], repeatable: true },
  'assistant.threads.setSuggestedPrompts': { scopes: ['assistant:write'], repeatable: true },
  'auth.teams.list': { scopes: [], repeatable: true },
  'auth.test': { scopes: [], repeatable: true },
  'chat.appendStream': { scopes: ['chat:write'], repeatable: false },
  'chat.delete': { scopes: ['chat:write'], repeatable: true },
  'chat.getPermalink': { scopes: [], repeatable: true },
  'chat.postEphemeral': { scopes: ['chat:write'], repeatable: false },
  'chat.postMessage': { scopes: ['chat:write'], repeatable: false },
  'chat.startStream': { scopes: ['chat:write'], repeatable: false },
  'chat.stopStream': { scopes: ['chat:write'], repeatable: false },
  'chat.update': { scopes: ['chat:write'], repeatable: true },
  'conversations.info': { scopes: ['channels:read', 'groups:read', 'mpim:read'], repeatable: true },
  'conversations.members': { scopes: ['channels:read', 'groups:read', 'mpim:read'], repeatable: true },
  'conversations.history': {
    scopes: ['channels:history', 'groups:history', 'im:history', 'mpim:history'],
    repeatable: true,
  },
  'conversations.open': { scopes: ['im:write'], repeatable: true },
  'conversations.replies': {
    scopes: ['channels:history', 'groups:history', 'im:history', 'mpim:history'],
    repeatable: true,
  },
  'files.delete': { scopes: ['files:write'], repeatable: true },
  'files.info': { scopes: ['files:read'], repeatable: true },
  'files.uploadV2': { scopes: ['files:write'], repeatable: false },
  'usergroups.list': { scopes: ['usergroups:read'], repeatable: true },
  'usergroups.users.list': { scopes: ['usergroups:read'], repeatable: true },
  'users.info': { scopes: ['users:read'], repeatable: true },
  'users.list': { scopes: ['users:read'], repeatable: true },
  'views.open': { scopes: [], repeatable: false },
  'views.publish': { scopes: [], repeatable: true },
  'views.push': { scopes: [], repeatable: false },
  'views.update': { scopes: [], repeatable: true },
} as const satisfies Record<string, Method>

export type MethodName = keyof typeof METHODS

/** Events the app listens to and the scope each needs, if it needs one (docs.slack.dev/reference/events). */
export const EVENT_SCOPES: Record<string, string | undefined> = {
  app_home_opened: undefined,
  app_mention: 'app_mentions:read',
  'message.channels': 'channels:history',
  'message.groups': 'groups:history',
  'message.im': 'im:history',
  'message.mpim': 'mpim:history',
  agent_session_stopped: undefined,
  app_uninstalled: undefined,
  team_access_revoked: undefined,
  tokens_revoked: undefined,
}

/** Scopes that the app asks for and can do without: names and faces of agents on messages. */
export const OPTIONAL_SCOPES = ['chat:write.customize']

/** What an app without Slack's agent surface is not given (`npm run manifest -- --no-agent`). */
const AGENT_SCOPES = ['assistant:write']

const BOT_SCOPES: string[] = [
  ...new Set([
    'commands',
    ...Object.values(METHODS).flatMap(({ scopes }) => [...scopes]),
    ...Object.values(EVENT_SCOPES).filter((scope) => scope !== undefined),
  ]),
].sort()

/** The scopes the app asks for when it is installed; a test compares them with the manifest's variants. */
export const botScopesOf = ({ agent }: { agent: boolean }): string[] =>
  BOT_SCOPES.filter((scope) => agent || !AGENT_SCOPES.includes(scope))
