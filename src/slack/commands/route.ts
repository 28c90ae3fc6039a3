import type { Deps } from '../deps.ts'
import { mentioned, plainText } from '../message-text.ts'
import { nearest } from '../nearest.ts'
import type { Scene } from '../scene.ts'
import { tokenize } from '../tokenize.ts'
import { sayNoSuchCommand } from '../views/help.ts'
import { COMMANDS } from './table.ts'

/** Words that other apps use for ours. */
const SYNONYMS = new Map([
  ['add', 'connect'],
  ['install', 'connect'],
  ['new', 'connect'],
  ['remove', 'disconnect'],
  ['delete', 'disconnect'],
  ['uninstall', 'disconnect'],
  ['connections', 'list'],
  ['find', 'search'],
  ['browse', 'search'],
  ['discover', 'search'],
  ['registry', 'search'],
])

/** Does what the words after `/mcp` say; words nobody knows get the nearest ones as a button. */
export async function route(deps: Deps, text: string, scene: Scene): Promise<void> {
  const [word = 'help', ...words] = tokenize(text)
  const command = COMMANDS.find(({ name }) => name === word.toLowerCase())
  if (command) {
    await command.run(deps, { words, scene })
    return
  }
  const offered = COMMANDS.filter(({ hidden }) => !hidden).map(({ name }) => name)
  const near = SYNONYMS.get(word.toLowerCase()) ?? nearest(word, offered)
  const corrected = near === undefined ? undefined : [near, ...words.map(quoted)].join(' ')
  const shown = await withNames(deps, text)
  const meant = corrected === undefined ? undefined : { words: corrected, shown: shown(corrected) }
  await scene.say(sayNoSuchCommand(shown(word), meant), 'Help')
}

/** Shows people by their names where Slack sent their ids. */
async function withNames({ people }: Deps, text: string): Promise<(words: string) => string> {
  const users = [...new Set(mentioned(text))]
  const names = new Map(await Promise.all(users.map(async (user) => [user, await people.nameOf(user)] as const)))
  return (words) => plainText(words, (user) => names.get(user) ?? 'somebody')
}

const quoted = (word: string): string => (/\s/.test(word) ? `"${word}"` : word)
