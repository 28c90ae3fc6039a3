import { sayHelp } from '../views/help.ts'
import type { Command } from './command.ts'

export const helpCommand = (all: () => Command[]): Command => ({
  name: 'help',
  usage: '',
  what: 'shows this',
  run: (_deps, { scene }) => scene.say(sayHelp(all().filter(({ hidden }) => !hidden)), 'Help'),
})
