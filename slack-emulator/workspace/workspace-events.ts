import type { Execution, Message } from './records.ts'

/** A change in the workspace; the app's events and the page's updates are made from it. */
export type WorkspaceEvent =
  | { kind: 'posted'; message: Message }
  | { kind: 'changed'; message: Message; before: Message }
  | { kind: 'deleted'; message: Message }
  /** Text added to an open stream; the app gets no event until the stream stops. */
  | { kind: 'streamed'; message: Message }
  | { kind: 'reacted'; message: Message; user: string; name: string; added: boolean }
  | { kind: 'home_opened'; user: string; tab: 'home' | 'messages'; channel: string }
  | { kind: 'home_published'; user: string }
  /** A step of Workflow Builder that is a function of the app. */
  | { kind: 'function_started'; execution: Execution }
  | { kind: 'function_ended'; execution: Execution }
  | { kind: 'modal'; user: string }
  | { kind: 'session'; channel: string; thread_ts: string }
  /** People or channels were added or changed; `told` are the events of it. */
  | { kind: 'people_changed'; told?: { type: string; [field: string]: unknown }[] }
  | { kind: 'uninstalled' }
  /** The app was taken from this workspace of its organization. */
  | { kind: 'access_revoked' }
  | { kind: 'session_stopped'; channel: string; thread_ts: string; user: string; streams: string[] }

export type WorkspaceEvents = {
  publish(event: WorkspaceEvent): void
  /** Calls `listener` for each later event, until the returned function is called. */
  subscribe(listener: (event: WorkspaceEvent) => void): () => void
}

export function createWorkspaceEvents(): WorkspaceEvents {
  const listeners = new Set<(event: WorkspaceEvent) => void>()
  return {
    publish: (event) => {
      for (const listener of listeners) listener(event)
    },
    subscribe: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}
