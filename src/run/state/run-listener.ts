import type { RunId } from '../../ids.ts'
import type { Origin } from './origin.ts'
import type { RunState } from './state.ts'

/** What happened to a run just now. Only events are kept; the rest is for whoever is watching. */
export type RunProgress =
  | { kind: 'event'; type: string }
  /** New words of the turn the model is saying. */
  | { kind: 'words'; text: string }
  /** The turn starts over: its words so far are void. */
  | { kind: 'restart' }
  | { kind: 'progress'; call: string; message?: string; progress?: number; total?: number }
  /** The model cannot be had for the moment. */
  | { kind: 'waiting'; seconds: number; why: string }

/** The way news goes up: a room where the outside comes in paints a run for the people who watch it. */
export type RunListener = {
  /** Live painting; never throws and is never awaited. */
  onProgress(state: RunState, news: RunProgress): void
  /**
   * When it resolves, everything the state shows stands where people see it, and is recorded.
   * Throws AppError `slack_failed` on trouble worth another try; trouble that will never pass is logged and resolves.
   */
  publish(state: RunState, signal: AbortSignal): Promise<void>
  /** This instance has nothing more to do with the run: whatever is still being painted of it ends. */
  release(run: RunId): void
  /** A request waits behind another run of its conversation. */
  onQueued(origin: Origin, ahead: RunState | undefined): void
}
