import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { emojiOf } from '../../../slack-emulator/page/text/emoji.ts'
import { ROOT } from '../../support/paths.ts'

test('the page knows every emoji that the app and the run cards use', () => {
  const files = globSync(['src/slack/**/*.ts', 'run-cards/*.yaml'], { cwd: ROOT })
  const named = files.flatMap((file) =>
    [...readFileSync(join(ROOT, file), 'utf8').matchAll(/['"`]:([a-z][a-z0-9_]*):(?=[ '"`])/g)].map(
      ([, name = '']) => name,
    ),
  )
  expect(named.length).toBeGreaterThan(30)
  expect([...new Set(named)].filter((name) => emojiOf(name) === undefined)).toEqual([])
})
