import { randomBytes } from 'node:crypto'
import { type AppManifest, readAppManifest } from './app-manifest.ts'
import { type AppTokens, openAppTokens } from './app-tokens.ts'
import { createEventShape, type EventShape } from './event-shape.ts'
import type { FileContents } from './file-contents.ts'
import { createMessageStore, type MessageStore } from './message-store.ts'
import type { Collection, PersistentCollections } from './persistent-collections.ts'
import {
  Channel,
  Execution,
  type Installation,
  type Message,
  PendingEvent,
  Person,
  ResponseUrl,
  Secrets,
  Session,
  StoredFile,
  Usergroup,
  View,
} from './records.ts'
import { APP, CHANNELS, PEOPLE, POSTED, type Team, USERGROUPS } from './seed.ts'
import { TOMBSTONE, tombstoneOf } from './tombstone.ts'
import { createWorkspaceEvents, type WorkspaceEvent, type WorkspaceEvents } from './workspace-events.ts'

/** The state of the workspace, and the changes that all features are built from. */
export type Workspace = WorkspaceEvents & {
  /** Where this workspace is served, e.g. http://127.0.0.1:3100. */
  url: string
  /** Where the app finds its files: here, or at the one address of several workspaces. */
  filesUrl: string
  now(): number
  secrets: Secrets
  team: Team
  appTokens: AppTokens
  manifest(): AppManifest
  /** The scopes of the installed app; undefined where no manifest says which. */
  grantedScopes(): string[] | undefined
  /** Replaces the app's manifest, given as YAML. */
  setManifest(yaml: string): void
  /** How the events differ from the plainest ones, until the workspace stops. */
  eventShape(): EventShape
  shapeEvents(shape: EventShape): void
  channels: Collection<Channel>
  people: Collection<Person>
  usergroups: Collection<Usergroup>
  messages: MessageStore
  files: Collection<StoredFile>
  homes: Collection<View>
  sessions: Collection<Session>
  responseUrls: Collection<ResponseUrl>
  pending: Collection<PendingEvent>
  /** The steps of Workflow Builder that ran a function of the app. */
  executions: Collection<Execution>
  /** By id or name. */
  person(name: string): Person | undefined
  dmOf(user: string): Channel
  /** A timestamp no other message of the workspace has. */
  nextTs(): string
  post(draft: Omit<Message, 'ts'>): Message
  /** `by` is undefined where nobody edited the message, as for an unfurl. */
  change(message: Message, by: string | undefined): Message
  remove(message: Message): void
}

/** Bounds that keep a long-lived workspace small. */
const MAX = {
  channels: 1_000,
  people: 1_000,
  usergroups: 100,
  files: 500,
  homes: 1_000,
  sessions: 5_000,
  responseUrls: 5_000,
  pending: 20_000,
  executions: 1_000,
}

/** `given` are secrets that an app shares between its workspaces; `installed` says whether the app is installed at the start. */
type Deps = {
  collections: PersistentCollections
  fileContents: FileContents
  url: string
  filesUrl: string
  now: () => number
  team: Team
  given: Partial<Secrets>
  installed: boolean
}

export function createWorkspace({ collections, fileContents, url, filesUrl, now, team, ...begin }: Deps): Workspace {
  const events = createWorkspaceEvents()
  const messages = createMessageStore(collections)
  const channels = seeded(collections.collection('channels', Channel, MAX.channels), CHANNELS)
  const people = seeded(collections.collection('people', Person, MAX.people), PEOPLE)
  const secrets = takeSecrets(collections, begin.given)
  const nextTs = createTimestamps(now, messages.lastTs())
  if (messages.lastTs() === '0') for (const draft of POSTED) messages.put({ ...draft, ts: nextTs() })
  const appTokens = openAppTokens(collections, {
    teamId: team.id,
    first: begin.installed ? secrets.botToken : undefined,
  })
  let manifest = readAppManifest()

  return {
    ...events,
    url,
    filesUrl,
    now,
    secrets,
    team,
    appTokens,
    manifest: () => manifest,
    grantedScopes: () => scopesOf(appTokens.live(), manifest),
    setManifest(yaml) {
      manifest = readAppManifest(yaml)
    },
    ...createEventShape(),
    channels,
    people,
    usergroups: seeded(collections.collection('usergroups', Usergroup, MAX.usergroups), USERGROUPS),
    messages,
    files: collections.collection('files', StoredFile, MAX.files, (file) => fileContents.drop(file.id)),
    homes: collections.collection('homes', View, MAX.homes),
    sessions: collections.collection('sessions', Session, MAX.sessions),
    responseUrls: collections.collection('response_urls', ResponseUrl, MAX.responseUrls),
    pending: collections.collection('pending', PendingEvent, MAX.pending),
    executions: collections.collection('executions', Execution, MAX.executions),
    person: (name) => [...people.values()].find((one) => one.id === name || one.name === name),
    dmOf: (user) => dmOf(channels, user),
    nextTs,
    post(draft) {
      const message: Message = { ...draft, ts: nextTs() }
      messages.put(message)
      events.publish({ kind: 'posted', message })
      return message
    },
    change(message, by) {
      const before = messages.get(message.channel, message.ts) ?? message
      const edited: Message = by === undefined ? message : { ...message, edited: { user: by, ts: nextTs() } }
      messages.put(edited)
      events.publish({ kind: 'changed', message: edited, before })
      return edited
    },
    remove: (message) => events.publish(removeFrom(messages, message)),
  }
}

function scopesOf(install: Installation | undefined, manifest: AppManifest): string[] | undefined {
  const { scopes = manifest.botScopes, declined = [] } = install ?? {}
  return scopes?.filter((scope) => !declined.includes(scope))
}

function seeded<T extends { id: string }>(collection: Collection<T>, first: readonly T[]): Collection<T> {
  for (const one of first) if (collection.get(one.id) === undefined) collection.put(one.id, one)
  return collection
}

/** A message with replies leaves a tombstone, which goes with the last reply. */
function removeFrom(messages: MessageStore, message: Message): WorkspaceEvent {
  const { channel, ts, thread_ts = '' } = message
  if (messages.replies(channel, ts).some((reply) => reply.ephemeral_to === undefined)) {
    const tombstone = tombstoneOf(message)
    messages.put(tombstone)
    return { kind: 'changed', message: tombstone, before: message }
  }
  messages.drop(message)
  const root = messages.get(channel, thread_ts)
  if (root?.subtype === TOMBSTONE && messages.replies(channel, thread_ts).length === 0) messages.drop(root)
  return { kind: 'deleted', message }
}

/** Creates Slack timestamps, which grow strictly, across restarts too. */
function createTimestamps(now: () => number, last: string): () => string {
  let micros = Math.round(Number(last) * 1_000_000)
  return () => {
    micros = Math.max(micros + 1, now() * 1_000)
    const digits = String(micros)
    return `${digits.slice(0, -6)}.${digits.slice(-6)}`
  }
}

function dmOf(channels: Collection<Channel>, user: string): Channel {
  const id = user.replace(/^U/, 'D')
  const known = channels.get(id)
  if (known !== undefined) return known
  const channel: Channel = { id, name: 'directmessage', members: [user, APP.user], im: user }
  channels.put(id, channel)
  return channel
}

/** Secrets are made once per folder; only who can read the folder can act as the app. */
function takeSecrets(collections: PersistentCollections, given: Partial<Secrets>): Secrets {
  const store = collections.collection('secrets', Secrets, 1)
  const known = store.get('secrets')
  if (known !== undefined) return known
  const random = () => randomBytes(16).toString('hex')
  const secrets = {
    botToken: `xoxb-local-${random()}`,
    appToken: `xapp-1-local-${random()}`,
    signingSecret: random(),
    ...given,
  }
  store.put('secrets', secrets)
  return secrets
}
