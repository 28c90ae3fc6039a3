import type { Command } from '../interactions/command.ts'
import { helpMessage } from './help-message.ts'

export const createHelpCommand = (all: () => Command[]): Command => ({
  name: 'help',
  usage: '',
  what: 'shows this',
  run: (_deps, { scene }) => scene.reply(helpMessage(all().filter(({ hidden }) => !hidden)), 'Help'),
})
