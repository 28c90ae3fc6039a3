import type { App } from '@slack/bolt'
import { z } from 'zod'
import { errorChainOf } from '../../errors.ts'
import { UserId } from '../../ids.ts'
import { errorHelpButtonsFor, errorText } from '../blocks/error-message.ts'
import type { SlackDeps, WebApiDeps } from '../deps.ts'
import { ackOnceOf } from '../interactions/ack-once.ts'
import { findNearestWord } from '../interactions/find-by-name.ts'
import { type Command, type CommandRequest, onDurablePress, responderFor } from '../interactions/interaction.ts'
import { markTaken } from '../interactions/taken.ts'
import { mrkdwnTextOf } from '../message-text/read-mrkdwn.ts'
import { typedTextOf } from '../messages/message-content.ts'
import { fetchMessageNames } from '../messages/message-names.ts'
import { COMMANDS } from './command-table.ts'
import { isSentence, noSuchCommandMessage } from './help-message.ts'

const SLASH_COMMAND = '/mcp'

const Body = z.object({ user_id: UserId, channel_id: z.string(), trigger_id: z.string(), text: z.string().default('') })

/** Listens to `/mcp …` and to the buttons that run the same commands. */
export function registerMcpCommand(app: App, deps: SlackDeps): void {
  app.command(SLASH_COMMAND, markTaken, async ({ ack, body, respond }) => {
    const { user_id: user, channel_id: channel, trigger_id: triggerId, text } = Body.parse(body)
    const words = typedTextOf(text)
    const ackOnce = ackOnceOf(ack)
    if (!isDurable(words)) await ackOnce()
    const { workspace } = await deps.bot()
    const by = { workspace, user }
    const responder = responderFor(deps, { by, triggerId, channel, thread: undefined, respond, view: undefined })
    if (await runCommand(deps, words, { responder, ack: ackOnce })) await ackOnce()
  })
  onDurablePress(app, deps, 'command_run', async ({ value, responder, ack }) => {
    if (!isDurable(value)) await ack()
    return runCommand(deps, value, { responder, ack })
  })
}

type Asked = Omit<CommandRequest, 'words'>

const isDurable = (words: string): boolean => findCommand(tokenize(words)[0])?.durable === true

/** False when it failed, which the person is told. */
async function runCommand(deps: SlackDeps, words: string, asked: Asked): Promise<boolean> {
  const { responder } = asked
  try {
    await routeCommand(deps, words, asked)
    return true
  } catch (error) {
    deps.log.error({ command: SLASH_COMMAND, user: responder.by.user, why: errorChainOf(error) }, 'command failed')
    await responder.replyError(errorText(error), errorHelpButtonsFor(error, words))
    return false
  }
}

/** Names that other apps give our commands. */
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
  ['cost', 'usage'],
  ['costs', 'usage'],
  ['budget', 'usage'],
])

const findCommand = (word = 'help') => COMMANDS.find(({ name }) => name === word.toLowerCase())

/** Runs the subcommand; offers words that are none as a question, or with the nearest one as a button. */
async function routeCommand(deps: SlackDeps, text: string, asked: Asked): Promise<void> {
  const [word = 'help', ...words] = tokenize(text)
  const command = findCommand(word)
  const shown = await nameReplacerFor(deps, text)
  if (command && isCommandLine(command, text)) {
    await command.run(deps, { ...asked, words: command.readsMentions ? words : words.map(shown) })
    return
  }
  const corrected = command === undefined ? correctCommand(word, words) : commandNamedIn(words, command)
  const meant = corrected === undefined ? undefined : { words: corrected, shown: shown(corrected) }
  // As it was typed: a mention is one word there.
  const asks = command !== undefined || isSentence(text)
  await asked.responder.reply(noSuchCommandMessage(shown(text), meant, asks), 'Help')
}

const listOfferedNames = () => COMMANDS.filter(({ hidden }) => !hidden).map(({ name }) => name)

/** The same words behind the nearest command; a sentence's mark would be looked for. */
function correctCommand(word: string, words: string[]): string | undefined {
  const near = SYNONYMS.get(word.toLowerCase()) ?? findNearestWord(word, listOfferedNames())
  const rest = words.map((one, at) => (at === words.length - 1 ? one.replace(/[?!.]+$/, '') : one)).filter(Boolean)
  return near === undefined ? undefined : [near, ...rest.map(quoteWord)].join(' ')
}

/** `list my tools` may mean tools. */
const commandNamedIn = (words: string[], { name }: Command): string =>
  words.map((word) => word.toLowerCase()).find((word) => listOfferedNames().includes(word)) ?? name

/** They add nothing to a command that takes no words. */
const EMPTY_WORDS = /^(?:a|all|everything|here|me|mine|month|my|now|of|our|please|the|this)$/i

/** False for a request that only begins like a command, as `list my files` does. */
function isCommandLine({ usage, description }: Command, text: string): boolean {
  if (usage !== '') return true
  const [, ...words] = tokenize(text.toLowerCase())
  return words.every((word) => EMPTY_WORDS.test(word) || description.split(/\W+/).includes(word))
}

const MENTION = /<[@#!][^<>]*>/g

/** Replaces Slack's mentions in a word by names; nobody is looked up where there are none. */
async function nameReplacerFor({ names }: WebApiDeps, text: string): Promise<(word: string) => string> {
  if (text.search(MENTION) < 0) return (word) => word
  const found = await fetchMessageNames(names, [{ text, blocks: [], attachments: [], files: [] }])
  return (word) => word.replace(MENTION, (mention) => mrkdwnTextOf(mention, found))
}

const quoteWord = (word: string): string => (/\s/.test(word) ? `"${word}"` : word)

/** A word, or a quoted string in straight or typographic quotes. An open quote ends with the text. */
const WORD = /"([^"]*)"?|“([^”]*)”?|'([^']*)'?|‘([^’]*)’?|(\S+)/g

/** The words of a command. */
export function tokenize(text: string): string[] {
  return [...text.matchAll(WORD)]
    .map((found) => found.slice(1).find((word) => word !== undefined) ?? '')
    .filter(Boolean)
}
