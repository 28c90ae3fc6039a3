import { expect, test } from 'vitest'
import { z } from 'zod'
import { AppError } from '../../../src/errors.ts'
import { readThreadEnd } from '../../../src/slack/web-api/read-thread-end.ts'
import type { WebApi } from '../../../src/slack/web-api/web-api.ts'

const Message = z.object({ ts: z.string(), reply_count: z.number().optional() })
const Args = z.object({ limit: z.number(), latest: z.string(), oldest: z.string().optional() })

const START = 1_764_000_000
const stamp = (seconds: number) => (START + seconds).toFixed(6)

/** A thread that Slack pages as it does: the root always, then the oldest replies of the window. */
function threadOf(seconds: number[], { page = 200, reads = Number.POSITIVE_INFINITY, counted = true } = {}) {
  let asked = 0
  const webApi: WebApi = {
    async call(_method, args, shape) {
      asked += 1
      if (asked > reads) throw new AppError('slack_failed', 'refused')
      const { limit, latest, oldest = '0' } = Args.parse(args)
      const inWindow = seconds.map(stamp).filter((ts) => Number(ts) > Number(oldest) && Number(ts) < Number(latest))
      const size = Math.min(limit, page) - 1
      const root = { ts: stamp(0), ...(counted && { reply_count: seconds.length }) }
      const messages = [root, ...inWindow.slice(0, size).map((ts) => ({ ts }))]
      return shape.parse({ messages, has_more: inWindow.length > size })
    },
  }
  const read = () => readThreadEnd(webApi, { channel: 'C1', thread: stamp(0), before: stamp(1_000_000) }, Message, 0)
  return { read, asked: () => asked }
}

const evenly = (count: number, every = 60) => Array.from({ length: count }, (_, at) => (at + 1) * every)

test.each([
  ['short', evenly(20), {}, true, 1],
  ['a page and a bit', evenly(240), {}, true, 2],
  ['1,200 messages', evenly(1_200), {}, false, 12],
  ['5,000 messages in an hour, long ago', evenly(5_000, 0.72), {}, false, 20],
  [
    'a quiet year, then a busy hour',
    [...evenly(300, 3_000), ...evenly(1_500, 2).map((at) => at + 950_000)],
    {},
    false,
    12,
  ],
  ['a busy hour, then silence', [...evenly(1_500, 2), 900_000, 950_000], {}, false, 20],
  ['small pages', evenly(400), { page: 15 }, false, 14],
  ['no count', evenly(3_000), { counted: false }, false, 12],
])('of a thread with %s, the newest messages are read', async (...[, seconds, options, isWhole, most]) => {
  const thread = threadOf(seconds, options)
  const part = await thread.read()
  expect(part).toMatchObject({ isWhole, reachesEnd: true, root: { ts: stamp(0) } })
  const newest = seconds.map(stamp).slice(-part.replies.length)
  expect(
    part.replies.map(({ ts }) => ts),
    'without a gap',
  ).toEqual(newest)
  if (!isWhole) expect(part.replies.length).toBeGreaterThanOrEqual(7)
  expect(thread.asked()).toBeLessThanOrEqual(most)
})

test('a refusal of the second page keeps the first', async () => {
  const part = await threadOf(evenly(400), { reads: 1 }).read()
  expect(part).toMatchObject({ isWhole: false, reachesEnd: false })
  expect(part.replies).toHaveLength(199)
})

test('a thread that cannot be read at all is an error', async () => {
  await expect(threadOf([1], { reads: 0 }).read()).rejects.toMatchObject({ code: 'slack_failed' })
})
