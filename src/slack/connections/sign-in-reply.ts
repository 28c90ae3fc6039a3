import type { Principal } from '../../ids.ts'
import type { MessageContent } from '../blocks/build-blocks.ts'
import type { WebApiDeps } from '../deps.ts'
import { postDirectly, postToOnePerson } from '../interactions/post-in-thread.ts'

/** Posts what only the person sees to the channel, or to their direct messages. Never throws. */
export const replySignInOutcome = (
  deps: WebApiDeps,
  { by, channel, thread }: { by: Principal; channel?: string | undefined; thread?: string | undefined },
  content: MessageContent,
): Promise<void> =>
  channel === undefined
    ? postDirectly(deps, by.user, content)
    : postToOnePerson(deps, { channel, thread, user: by.user }, content)
