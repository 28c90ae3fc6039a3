import { errorChainOf } from '../../errors.ts'
import type { RunId } from '../../ids.ts'
import type { Origin } from '../../run/state/origin.ts'
import type { RunListener } from '../../run/state/run-listener.ts'
import type { RunState } from '../../run/state/state.ts'
import { sectionBlock } from '../blocks/blocks.ts'
import type { PaintDeps } from '../deps.ts'
import { AnyResponse, slackErrorCodeOf } from '../web-api/web-api.ts'
import { createRunSessionStatus, isProcessing } from './agent-sessions.ts'
import type { WriterState } from './render-answer.ts'
import { createRunView, type RunView } from './render-run.ts'

/** The door's side that paints: every run as messages in its thread. */
export function createRunRenderer(deps: PaintDeps): RunListener & { close(): void } {
  const canvases = new Map<RunId, RunView>()
  const ink: WriterState = { streams: 0, noStreamsUntil: 0 }
  const setStatus = createStatus(deps)
  const sessions = createRunSessionStatus(deps.sessions)

  const canvasOf = (state: RunState): RunView => {
    const known = canvases.get(state.id)
    if (known) return known
    const made = createRunView(deps, ink, state)
    canvases.set(state.id, made)
    return made
  }

  return {
    onProgress(state, news) {
      if (news.kind === 'event' && news.type === 'started') setStatus(state.origin)
      if (news.kind === 'event' && isProcessing(state)) sessions.show(state)
      canvasOf(state).tell(state, news)
    },
    async publish(state, signal) {
      const done = await canvasOf(state).settle(state, signal)
      if (done) canvases.delete(state.id)
      refreshHomes(deps, state)
      sessions.show(state)
    },
    release(run) {
      canvases.get(run)?.close()
      canvases.delete(run)
      sessions.drop(run)
    },
    onQueued(origin, ahead) {
      void tellQueued(deps, origin, ahead)
    },
    close() {
      for (const canvas of canvases.values()) canvas.close()
    },
  }
}

function refreshHomes(deps: PaintDeps, { origin, calls }: RunState): void {
  const deciders = calls.flatMap((call) => call.approval?.approvers ?? [])
  for (const user of new Set([origin.user, ...deciders])) deps.refreshHome({ workspace: origin.workspace, user })
}

/** "is thinking…" beside the app's name until its first words; switched off where Slack does not offer it. */
function createStatus({ webApi, log }: PaintDeps): (origin: Origin) => void {
  let off = false
  return (origin) => {
    if (off) return
    const args = { channel_id: origin.channel, thread_ts: origin.threadTs, status: 'is thinking…' }
    webApi.call('assistant.threads.setStatus', args, AnyResponse, 0).catch((error) => {
      const why = slackErrorCodeOf(error)
      off = why !== undefined && why !== 'ratelimited'
      log.debug({ why: errorChainOf(error) }, 'status not shown')
    })
  }
}

async function tellQueued({ webApi, log }: PaintDeps, origin: Origin, ahead: RunState | undefined): Promise<void> {
  const stages = (ahead?.calls ?? []).map((call) => call.stage)
  const waitsFor = stages.includes('asking') ? 'an approval' : stages.includes('waiting_input') && 'an answer'
  const text = waitsFor
    ? `I'll do this after the request before it, which waits for ${waitsFor} above. Decide it there, or say _stop_ to drop it.`
    : "I'll do this when I am done with the request before it."
  const place = { channel: origin.channel, thread_ts: origin.threadTs, unfurl_links: false, unfurl_media: false }
  try {
    await webApi.call(
      'chat.postMessage',
      { ...place, text, blocks: [sectionBlock(`:hourglass: ${text}`)] },
      AnyResponse,
    )
  } catch (error) {
    log.warn({ why: errorChainOf(error) }, 'could not say that a request waits')
  }
}
