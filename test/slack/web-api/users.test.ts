import { expect, test } from 'vitest'
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
