import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import type { Db } from '../db/call.ts'
import { ChannelId, ConnectionId, type Principal, UserId, WorkspaceId } from '../ids.ts'

/** A resource of a person's connection whose changes are told in a thread. */
export type ResourceSubscriptionRow = {
  id: string
  connection: ConnectionId
  workspace: WorkspaceId
  user: UserId
  uri: string
  name: string
  channel: ChannelId
  threadTs: string
}

export type NewResourceSubscription = Omit<ResourceSubscriptionRow, 'id'>

/** Which resources people want to hear of, and who watches them. They end with their connection. */
export type ResourceSubscriptions = {
  /** The one that is there already, where it is. Throws `limit_reached` when the person has `limit` of them, and `not_found`. */
  add(watch: NewResourceSubscription, limit: number): Promise<ResourceSubscriptionRow>
  get(principal: Principal, id: string): Promise<ResourceSubscriptionRow | undefined>
  /** Removes it if it is this person's. */
  remove(principal: Principal, id: string): Promise<ResourceSubscriptionRow | undefined>
  /** Takes and renews, for `leaseMs`, the watches of at most `most` connections; all of a connection are one instance's. */
  claim(watcher: string, leaseMs: number, most: number): Promise<ResourceSubscriptionRow[]>
  release(watcher: string): Promise<void>
  /** Notes a change, until somebody tells it. */
  saveChange(connection: ConnectionId, uri: string): Promise<void>
  /** Claims the changes to tell now, each once; a watch speaks at most every `quietMs`. */
  claimChanges(watcher: string, quietMs: number): Promise<ResourceSubscriptionRow[]>
}

const Row = z
  .object({
    id: z.string(),
    connection_id: ConnectionId,
    workspace_id: WorkspaceId,
    user_id: UserId,
    uri: z.string(),
    resource_name: z.string(),
    channel: ChannelId,
    thread_ts: z.string(),
  })
  .transform(
    ({ id, uri, channel, ...row }): ResourceSubscriptionRow => ({
      id,
      uri,
      channel,
      connection: row.connection_id,
      workspace: row.workspace_id,
      user: row.user_id,
      name: row.resource_name,
      threadTs: row.thread_ts,
    }),
  )
const Rows = z.array(Row)
const Maybe = Row.nullable().transform((row) => row ?? undefined)
const Nothing = z.null().transform(() => undefined)

/** Watches over the database. Errors are db/'s. */
export const createResourceSubscriptions = (db: Db): ResourceSubscriptions => ({
  add: ({ threadTs: thread, ...watch }, limit) =>
    db.call('resource_subscription_add', { id: randomUUID(), ...watch, thread, limit }, Row),
  get: ({ workspace, user }, id) => db.call('resource_subscription_get', { workspace, user, id }, Maybe),
  remove: ({ workspace, user }, id) => db.call('resource_subscription_remove', { workspace, user, id }, Maybe),
  claim: (watcher, leaseMs, most) =>
    db.call('resource_subscriptions_claim', { owner: watcher, lease_ms: leaseMs, most }, Rows),
  release: (watcher) => db.call('resource_subscriptions_release', { owner: watcher }, Nothing),
  saveChange: (connection, uri) => db.call('resource_subscription_changed', { connection, uri }, Nothing),
  claimChanges: (watcher, quietMs) => db.call('resource_changes_claim', { owner: watcher, quiet_ms: quietMs }, Rows),
})
