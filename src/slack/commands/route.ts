import type { Deps } from '../deps.ts'
import { nearest } from '../nearest.ts'
import type { Scene } from '../scene.ts'
import { tokenize } from '../tokenize.ts'
import { sayNoSuchCommand } from '../views/help.ts'
import { COMMANDS } from './table.ts'

/** Does what the words after `/mcp` say; words nobody knows get the nearest ones as a button. */
export async function route(deps: Deps, text: string, scene: Scene): Promise<void> {
  const [word = 'help', ...words] = tokenize(text)
  const command = COMMANDS.find(({ name }) => name === word.toLowerCase())
  if (command) {
    await command.run(deps, { words, scene })
    return
  }
  const offered = COMMANDS.filter(({ hidden }) => !hidden).map(({ name }) => name)
  const near = nearest(word, offered)
  const corrected = near === undefined ? undefined : [near, ...words.map(quoted)].join(' ')
  await scene.say(sayNoSuchCommand(word, corrected), 'Help')
}

const quoted = (word: string): string => (/\s/.test(word) ? `"${word}"` : word)
