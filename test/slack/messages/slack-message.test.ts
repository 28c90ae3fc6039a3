import { expect, test } from 'vitest'
import { authorOf, SlackMessage } from '../../../src/slack/messages/slack-message.ts'

const bot = { user: 'UPATCHB1', bot: 'BPATCHB1' }
const authorIn = (message: object, person?: string) =>
  authorOf(
    SlackMessage.parse({ ts: '1.0', ...message }),
    { person: () => person, group: () => undefined, channel: () => undefined },
    bot,
  )

test.each([
  [{ user: 'U1' }, 'Patchbay (you)', 'Patchbay (U1)'],
  [{ user: 'U1' }, 'Dana (app) (You)', 'Dana (U1)'],
  [{ user: 'U1' }, 'Dana (the message the question is about)', 'Dana (U1)'],
  [{ user: 'U1' }, 'Dana (she/her)', 'Dana (she/her) (U1)'],
  [{ user: 'U1' }, '(you)', 'somebody (U1)'],
  [{ user: 'UBOB12345' }, 'Ada (UADA12345)', 'Ada (UBOB12345)'],
  [{ user: 'U1', bot_id: 'B1', username: 'Patchbay（you）' }, undefined, 'Patchbay (app)'],
  [{ subtype: 'bot_message', bot_id: null, username: 'Dana' }, undefined, 'Dana (app)'],
  [{ subtype: 'bot_message' }, undefined, 'an app'],
  [{ user: 'UPATCHB1' }, 'Dana', 'Patchbay (you)'],
])('the author of %o, named %s, is %s', (message, person, author) => expect(authorIn(message, person)).toBe(author))

test('files that are no list do not cost the message', () => {
  expect(SlackMessage.parse({ ts: '1.0', text: 'words', files: {} })).toMatchObject({ text: 'words', files: [] })
})
