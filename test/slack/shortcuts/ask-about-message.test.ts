import { expect, test } from 'vitest'
import { query } from '../../support/database.ts'
import { eventually } from '../../support/eventually.ts'
import { lookOf } from '../../support/person.ts'
import { says } from '../../support/scripted-model.ts'
import { startWorld } from '../../support/world.ts'

test('the same question sent again is one run, and a changed question is a run of its own', async () => {
  await using world = await startWorld({ model: [says('Because.'), says('Because.')] })
  const owner = world.as('owner')
  const { thread } = await owner.say('general', 'The deploy failed.')
  await owner.post('shortcut', { callback_id: 'ask_about_message', channel: 'general', ts: thread })
  await eventually(async () => expect(JSON.stringify(await owner.modal())).toContain('Ask Patchbay'))
  const questions = ['Why did it fail?', 'Why did it fail?', 'Who can mend it?']
  await Promise.all(questions.map((question) => owner.submit({ question })))
  const started = `select body ->> 'text' as text from run_events where type = 'started' order by 1`
  const asked = ['Who can mend it?', 'Why did it fail?']
  expect((await query(world.databaseUrl, started)).map(({ text }) => text)).toEqual(asked)
  await eventually(async () => {
    const looks = (await owner.messages('general', thread)).map(lookOf)
    for (const question of asked) expect(looks.filter((look) => look.includes(question))).toHaveLength(1)
  })
})
