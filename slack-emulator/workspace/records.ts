import { z } from 'zod'

/** The records of the workspace as they are stored; field names follow Slack's. */
export const Json = z.record(z.string(), z.unknown())
export type Json = z.infer<typeof Json>

export const Person = z.object({
  id: z.string(),
  name: z.string(),
  realName: z.string(),
  email: z.string(),
  owner: z.boolean(),
  bot: z.boolean(),
  /** Who is no full member here: a guest, one who left, or one of another company's workspace (Slack Connect). */
  standing: z.enum(['guest', 'single_channel_guest', 'deactivated', 'stranger']).optional(),
  /** An IANA time zone, where it is not the workspace's. */
  tz: z.string().optional(),
  /** The app of a bot. */
  app: z.object({ id: z.string(), bot: z.string() }).optional(),
})
export type Person = z.infer<typeof Person>

/** People under one handle, which messages mention together. */
export const Usergroup = z.object({
  id: z.string(),
  handle: z.string(),
  name: z.string(),
  users: z.array(z.string()),
  description: z.string().optional(),
  disabled: z.boolean().optional(),
})
export type Usergroup = z.infer<typeof Usergroup>

export const Channel = z.object({
  id: z.string(),
  name: z.string(),
  members: z.array(z.string()),
  /** A private channel or a group DM; else the channel is public, or a DM. */
  kind: z.enum(['private_channel', 'mpim']).optional(),
  archived: z.boolean().optional(),
  /** The person of a DM with the app. */
  im: z.string().optional(),
  /** Whether the person has looked into the DM yet. */
  opened: z.boolean().optional(),
})
export type Channel = z.infer<typeof Channel>

const Task = z.object({
  part: z.literal('task'),
  id: z.string(),
  title: z.string(),
  status: z.enum(['pending', 'in_progress', 'complete', 'error']),
  details: z.string(),
  output: z.string(),
  sources: z.array(Json),
})
export type Task = z.infer<typeof Task>

/** A streamed message is its parts, in order of arrival. */
export const StreamPart = z.discriminatedUnion('part', [
  z.object({ part: z.literal('text'), text: z.string() }),
  z.object({ part: z.literal('blocks'), blocks: z.array(Json) }),
  Task,
])
export type StreamPart = z.infer<typeof StreamPart>

export const Stream = z.object({
  open: z.boolean(),
  expiresAt: z.number(),
  stoppedByUser: z.boolean(),
  mode: z.enum(['timeline', 'plan']),
  planTitle: z.string().optional(),
  parts: z.array(StreamPart),
})
export type Stream = z.infer<typeof Stream>

export const Message = z.object({
  channel: z.string(),
  ts: z.string(),
  thread_ts: z.string().optional(),
  user: z.string(),
  text: z.string(),
  subtype: z.string().optional(),
  blocks: z.array(Json).optional(),
  attachments: z.array(Json).optional(),
  files: z.array(z.string()).optional(),
  metadata: Json.optional(),
  edited: z.object({ user: z.string(), ts: z.string() }).optional(),
  reactions: z.array(z.object({ name: z.string(), users: z.array(z.string()) })).optional(),
  /** Set on an ephemeral message: the one person who sees it. */
  ephemeral_to: z.string().optional(),
  stream: Stream.optional(),
  /** Whether nobody answers in its thread any more. */
  locked: z.boolean().optional(),
  /** Slack's further fields of a subtype or of another app's message, as they stand in the object. */
  more: Json.optional(),
})
export type Message = z.infer<typeof Message>

/** Files of which a message tells little: of a Slack Connect channel, deleted, over the plan's limit, or not for the app. */
export const FileStub = z.enum(['check_file_info', 'tombstone', 'hidden_by_limit', 'access_denied'])
export type FileStub = z.infer<typeof FileStub>

export const StoredFile = z.object({
  id: z.string(),
  name: z.string(),
  title: z.string(),
  mimetype: z.string(),
  size: z.number(),
  created: z.number(),
  /** The upload URL's secret, until the upload is completed. */
  ticket: z.string(),
  uploaded: z.boolean(),
  complete: z.boolean(),
  channels: z.array(z.string()),
  /** The person who sent it; undefined for the app. */
  user: z.string().optional(),
  /** What Slack shows instead of the file in messages, and in files.info unless it says more there. */
  stub: FileStub.optional(),
  /** Slack's further fields: previews, transcripts, where an external file is. */
  more: Json.optional(),
})
export type StoredFile = z.infer<typeof StoredFile>

export const View = z.object({
  id: z.string(),
  hash: z.string(),
  user: z.string(),
  type: z.enum(['modal', 'home']),
  root: z.string(),
  previous: z.string().optional(),
  /** As the app gave it, with block and action ids filled in. */
  given: Json,
  /** What the person has typed or chosen, by block_id and action_id, in Slack's `state.values`. */
  state: z.record(z.string(), z.record(z.string(), Json)),
})
export type View = z.infer<typeof View>

export const Session = z.object({
  channel: z.string(),
  thread_ts: z.string(),
  status: z.enum(['processing', 'active', 'suspended', 'closed']),
  title: z.string().optional(),
  /** When it began to process, in milliseconds. */
  since: z.number().optional(),
  /** The status text of `assistant.threads.setStatus`. */
  words: z.string().optional(),
  prompts: z.array(Json).optional(),
  /** The name and face that stand for the app's own until they are taken back. */
  username: z.string().optional(),
  icon_emoji: z.string().optional(),
  icon_url: z.string().optional(),
})
export type Session = z.infer<typeof Session>

export const ResponseUrl = z.object({
  id: z.string(),
  channel: z.string(),
  user: z.string(),
  /** The message whose button was pressed; undefined for a slash command. */
  ts: z.string().optional(),
  thread_ts: z.string().optional(),
  uses: z.number(),
  expiresAt: z.number(),
})
export type ResponseUrl = z.infer<typeof ResponseUrl>

/** An event that no app has acknowledged yet. */
export const PendingEvent = z.object({ id: z.string(), envelope: Json, attempt: z.number(), reason: z.string() })
export type PendingEvent = z.infer<typeof PendingEvent>

/** One installation of the app: its token, and whether that is good for a whole organization. */
export const Installation = z.object({
  token: z.string(),
  live: z.boolean(),
  org: z.boolean(),
  by: z.string(),
  /** What was granted; an app that is installed from the start has what its manifest names. */
  scopes: z.array(z.string()).optional(),
  /** The optional scopes that people did not grant. */
  declined: z.array(z.string()).default([]),
  /** Whether this workspace was taken out of the organization's installation. */
  withdrawn: z.boolean().default(false),
})
export type Installation = z.infer<typeof Installation>

/** One run of a step of Workflow Builder that is a function of the app. */
export const Execution = z.object({
  id: z.string(),
  workflow: z.string(),
  /** The token that came with the event; it is good until the step ends. */
  token: z.string(),
  callback_id: z.string(),
  title: z.string(),
  inputs: Json,
  by: z.string(),
  /** Milliseconds. */
  startedAt: z.number(),
  status: z.enum(['running', 'completed', 'failed']),
  outputs: Json.optional(),
  error: z.string().optional(),
})
export type Execution = z.infer<typeof Execution>

export const Secrets = z.object({ botToken: z.string(), appToken: z.string(), signingSecret: z.string() })
export type Secrets = z.infer<typeof Secrets>
