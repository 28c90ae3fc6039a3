import { expect, test } from 'vitest'
import { says } from '../../support/scripted-model.ts'
import { startWorld } from '../../support/world.ts'

test.each([1, 2, 3])('what was said the moment before a request is part of it (%i)', async () => {
  await using world = await startWorld({ model: [says('Hello.'), says('Noted.')] })
  const [member, owner] = [world.as('member'), world.as('owner')]
  const here = await member.mention('are you there?')
  await member.see(here, /Hello\./)
  const said = [1, 2, 3, 4].map((part) =>
    owner.post('say', { channel: 'general', text: `@member part ${part}`, thread_ts: here.thread }),
  )
  await Promise.all(said)
  await member.mention('write that down', 'general', here.thread)
  await member.see(here, /Noted\./)
  const request = JSON.stringify(world.model.requests.at(-1)?.messages.at(-1))
  for (const part of [1, 2, 3, 4]) expect(request).toContain(`part ${part}`)
})
