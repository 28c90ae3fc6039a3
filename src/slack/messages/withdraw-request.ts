import type { ChannelId } from '../../ids.ts'
import type { RunsDeps, WebApiDeps } from '../deps.ts'

type Place = { channel: ChannelId; ts: string; thread: string | undefined }

/** Stops what a message asked for that is gone, whoever deleted it; where it began a thread, all that the thread asked for. */
export async function withdrawRequest(deps: WebApiDeps & RunsDeps, { channel, ts, thread }: Place): Promise<void> {
  const { workspace } = await deps.bot()
  await deps.runs.withdraw({ workspace, channel, ts, threadTs: thread ?? ts })
}

/** The same for a request that came after word of its deletion, as Slack's events may change places. */
export async function stopDeletedRequest(deps: WebApiDeps & RunsDeps, place: Place): Promise<void> {
  const { workspace } = await deps.bot()
  if (await deps.runs.wasWithdrawn({ workspace, ...place })) await withdrawRequest(deps, place)
}
