import { test } from 'vitest'
import { says } from './support/scripted-model.ts'
import { startWorld } from './support/world.ts'
test('dbg', async () => {
  await using world = await startWorld({ model: [says('Two tickets.')] })
  const member = world.as('member')
  const here = await member.dm('hello')
  try { await member.see(here, /Two tickets/, 6000) } catch (e) { console.log(world.log().split('\n').filter((l) => !l.includes('"bolt"')).join('\n').slice(-6000)); throw e }
})
