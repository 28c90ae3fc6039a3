import type { RunOptions } from '../../run/deps.ts'
import type { Slack } from './create-slack.ts'

/** What runs ask Slack, which is made after them. */
export const answersOf = (
  slack: () => Slack,
): Pick<RunOptions, 'readFile' | 'readThread' | 'ableApprovers' | 'groupApprovers'> => ({
  readFile: (...file) => slack().readFile(...file),
  readThread: (...thread) => slack().readThread(...thread),
  ableApprovers: (...asked) => slack().ableApprovers(...asked),
  groupApprovers: (...asked) => slack().groupApprovers(...asked),
})

/** Who starts what triggers ask for. */
export const triggerDoorIn = (slack: () => Slack): Slack['triggers'] => ({
  start: (request) => slack().triggers.start(request),
  tell: (news) => slack().triggers.tell(news),
})

export type Standing = Pick<Slack, 'connectRefusal' | 'roleOf' | 'isMember'>

/** What Slack says of people. */
export const standingIn = (slack: () => Slack): Standing => ({
  connectRefusal: (by, card) => slack().connectRefusal(by, card),
  roleOf: (by) => slack().roleOf(by),
  isMember: (by) => slack().isMember(by),
})
