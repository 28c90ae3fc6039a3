import type { SlackDeps } from '../deps.ts'
import { nearestWordTo } from '../interactions/nearest-word.ts'
import type { Responder } from '../interactions/responder.ts'
import { mentionedUsersIn, plainTextOf } from '../messages/message-text.ts'
import { COMMANDS } from './command-table.ts'
import { noSuchCommandMessage } from './help-message.ts'
import { tokenize } from './tokenize.ts'

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
export async function routeCommand(deps: SlackDeps, text: string, scene: Responder): Promise<void> {
  const [word = 'help', ...words] = tokenize(text)
  const command = COMMANDS.find(({ name }) => name === word.toLowerCase())
  if (command) {
    await command.run(deps, { words, scene })
    return
  }
  const offered = COMMANDS.filter(({ hidden }) => !hidden).map(({ name }) => name)
  const near = SYNONYMS.get(word.toLowerCase()) ?? nearestWordTo(word, offered)
  const corrected = near === undefined ? undefined : [near, ...words.map(quoted)].join(' ')
  const shown = await withNames(deps, text)
  const meant = corrected === undefined ? undefined : { words: corrected, shown: shown(corrected) }
  await scene.reply(noSuchCommandMessage(shown(word), meant), 'Help')
}

/** Shows people by their names where Slack sent their ids. */
async function withNames({ people }: SlackDeps, text: string): Promise<(words: string) => string> {
  const users = [...new Set(mentionedUsersIn(text))]
  const names = new Map(await Promise.all(users.map(async (user) => [user, await people.nameOf(user)] as const)))
  return (words) => plainTextOf(words, (user) => names.get(user) ?? 'somebody')
}

const quoted = (word: string): string => (/\s/.test(word) ? `"${word}"` : word)
