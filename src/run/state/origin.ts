import { z } from 'zod'
import { ChannelId, UserId, WorkspaceId } from '../../ids.ts'

/** Where a run came from and where its answer goes; stored in the first event, so it survives restarts. */
export const Origin = z.object({
  door: z.literal('slack'),
  workspace: WorkspaceId,
  user: UserId,
  userName: z.string(),
  channel: ChannelId,
  threadTs: z.string(),
  messageTs: z.string(),
  place: z.enum(['dm', 'channel']),
  teamId: z.string(),
})
export type Origin = z.infer<typeof Origin>

/** The conversation a run belongs to; one run at a time works in it. */
export const conversationKeyOf = (origin: Pick<Origin, 'workspace' | 'channel' | 'threadTs'>): string =>
  `${origin.workspace}:${origin.channel}:${origin.threadTs}`
