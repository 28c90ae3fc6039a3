import { WebAPIPlatformError } from '@slack/web-api'
import { expect, test } from 'vitest'
import { AppError } from '../../../src/errors.ts'
import { UserId } from '../../../src/ids.ts'
import { createSlackUsers } from '../../../src/slack/web-api/users.ts'
import type { WebApi } from '../../../src/slack/web-api/web-api.ts'
import { memoryLog } from '../../support/log.ts'
import { WORKSPACE } from '../samples.ts'

test('a name is remembered; whether somebody may manage is asked at each press', async () => {
  let isAdmin = true
  let asked = 0
  const calls: WebApi = {
    async call(_method, _args, shape) {
      asked += 1
      return shape.parse({ user: { name: 'ada', is_admin: isAdmin } })
    },
  }
  const people = createSlackUsers(calls, memoryLog().log, async () => ({ workspace: WORKSPACE, team: WORKSPACE }))
  expect(await people.nameOf('U1')).toBe('ada')
  expect(await people.nameOf('U1')).toBe('ada')
  expect(asked).toBe(1)
  expect(await people.mayManageNow('U1')).toBe(true)
  isAdmin = false
  expect(await people.mayManageNow('U1')).toBe(false)
  expect((await people.of('U1')).mayManage).toBe(false)
  expect(asked).toBe(3)
})

test('who was named an owner, and has left or become a guest, is none', async () => {
  const [ada, guest, gone] = [UserId.parse('UADA'), UserId.parse('UGUEST'), UserId.parse('UGONE')]
  const calls: WebApi = {
    async call(method, { user }, shape) {
      if (method === 'users.list') return shape.parse({ members: [] })
      if (user === gone)
        throw new AppError('slack_failed', 'x', {
          cause: new WebAPIPlatformError({ ok: false, error: 'user_not_found' }),
        })
      return shape.parse({ user: { name: 'x', is_restricted: user === guest } })
    },
  }
  const identity = async () => ({ workspace: WORKSPACE, team: WORKSPACE })
  const people = createSlackUsers(calls, memoryLog().log, identity, async () => [ada, guest, gone])
  expect(await people.owners()).toEqual([ada])
})
