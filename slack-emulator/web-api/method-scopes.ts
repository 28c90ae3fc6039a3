import { familyOf, SCOPE_FAMILIES } from '../workspace/channel-kinds.ts'
import type { Workspace } from '../workspace/workspace.ts'
import { identityScopesOf } from './methods/custom-identity.ts'
import { type MethodResponse, refuse } from './methods/method-args.ts'

/** The scopes a method needs, all of them; `history` and `read` mean the scope for the kind of conversation it is called for. */
type Needs = readonly string[] | 'history' | 'read' | 'write'

const NOTHING: Needs = []
const CHAT: Needs = ['chat:write']

/** What each method needs (docs.slack.dev/reference/methods); a method that is not listed does not exist. */
export const METHOD_SCOPES: Record<string, Needs> = {
  'agents.sessions.rename': CHAT,
  'agents.sessions.setStatus': CHAT,
  'api.test': NOTHING,
  'apps.connections.open': NOTHING,
  'assistant.threads.setStatus': CHAT,
  'assistant.threads.setSuggestedPrompts': ['assistant:write'],
  'assistant.threads.setTitle': ['assistant:write'],
  'auth.teams.list': NOTHING,
  'auth.test': NOTHING,
  'blocks.validate': NOTHING,
  'bots.info': ['users:read'],
  'chat.appendStream': CHAT,
  'chat.delete': CHAT,
  'chat.getPermalink': NOTHING,
  'chat.postEphemeral': CHAT,
  'chat.postMessage': CHAT,
  'chat.startStream': CHAT,
  'chat.stopStream': CHAT,
  'chat.update': CHAT,
  'conversations.history': 'history',
  'conversations.info': 'read',
  'conversations.list': 'read',
  'conversations.members': 'read',
  'conversations.open': 'write',
  'conversations.replies': 'history',
  'files.completeUploadExternal': ['files:write'],
  'files.delete': ['files:write'],
  'files.getUploadURLExternal': ['files:write'],
  'files.info': ['files:read'],
  'functions.completeError': NOTHING,
  'functions.completeSuccess': NOTHING,
  'oauth.v2.access': NOTHING,
  'reactions.add': ['reactions:write'],
  'reactions.get': ['reactions:read'],
  'reactions.remove': ['reactions:write'],
  'team.info': ['team:read'],
  'usergroups.create': ['usergroups:write'],
  'usergroups.disable': ['usergroups:write'],
  'usergroups.enable': ['usergroups:write'],
  'usergroups.list': ['usergroups:read'],
  'usergroups.update': ['usergroups:write'],
  'usergroups.users.list': ['usergroups:read'],
  'users.info': ['users:read'],
  'users.list': ['users:read'],
  'users.lookupByEmail': ['users:read.email'],
  'views.open': NOTHING,
  'views.publish': NOTHING,
  'views.push': NOTHING,
  'views.update': NOTHING,
}

/** Slack tells both lists in the headers of every answer to a bot token. */
export type ScopeHeaders = { 'x-oauth-scopes'?: string; 'x-accepted-oauth-scopes'?: string }

/** Returns the headers, and the refusal where the app lacks a scope; nothing is checked where no manifest says what it has. */
export function checkScopes(
  workspace: Workspace,
  method: string,
  args: Record<string, unknown>,
): { headers: ScopeHeaders; refused?: MethodResponse } {
  const granted = workspace.grantedScopes()
  if (granted === undefined) return { headers: {} }
  const needed = [...scopesNeeded(workspace, METHOD_SCOPES[method] ?? NOTHING, args), ...identityScopesOf(method, args)]
  const provided = granted.join(',')
  const headers = { 'x-oauth-scopes': provided, 'x-accepted-oauth-scopes': needed.join(',') }
  const missing = needed.filter((scope) => !granted.includes(scope))
  if (missing.length === 0) return { headers }
  return { headers, refused: { ...refuse('missing_scope'), needed: missing.join(','), provided } }
}

function scopesNeeded(workspace: Workspace, needs: Needs, args: Record<string, unknown>): string[] {
  if (typeof needs !== 'string') return [...needs]
  return familiesMeant(workspace, args).map((family) => `${family}:${needs}`)
}

/** The kinds of conversation a call is about: of its channel, of the types it lists, or of the people it opens one with. */
function familiesMeant(workspace: Workspace, { channel, types, users }: Record<string, unknown>): string[] {
  if (typeof types === 'string') return types.split(',').flatMap((type) => SCOPE_FAMILIES[type.trim()] ?? [])
  if (typeof users === 'string') return [users.includes(',') ? 'mpim' : 'im']
  const found = typeof channel === 'string' ? workspace.channels.get(channel) : undefined
  return [found === undefined ? 'channels' : familyOf(found)]
}
