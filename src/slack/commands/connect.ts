import { permissionCardOf } from '../../connect/catalog/card-from-entry.ts'
import type { CardInfo } from '../../connect/connect.ts'
import type { Deps } from '../deps.ts'
import { nearest } from '../nearest.ts'
import type { Scene } from '../scene.ts'
import { cardsFor } from '../settings.ts'
import { actions, commandButton, type Saying, section } from '../views/blocks.ts'
import { type ConnectKeep, connectForm, connectPicker } from '../views/connect-form.ts'
import { allowButton } from '../views/home-settings.ts'
import { clip, listed, literal } from '../views/text.ts'
import type { Command } from './command.ts'

export const connectCommand: Command = {
  name: 'connect',
  usage: '[service]',
  what: 'connects a tool',
  async run(deps, { words, scene }) {
    const keep: ConnectKeep = scene.channel === undefined ? {} : { channel: scene.channel }
    const wanted = words.join(' ')
    if (wanted === '') {
      const cards = await cardsFor(deps, scene.by.workspace)
      if (cards.length > 0) await scene.open(connectPicker(cards, keep))
      else
        await scene.trouble(
          'Nothing may be connected in this workspace yet. An owner or admin can allow services in my Home tab.',
        )
      return
    }
    const card = (await deps.connect.offer(wanted)) ?? cardNamed(deps, wanted)
    if (card) await openForm(deps, scene, card, keep)
    else await scene.say(sayNoSuchCard(wanted, nearCards(deps, wanted)), 'Connect a tool')
  },
}

async function openForm(deps: Deps, scene: Scene, card: CardInfo, keep: ConnectKeep): Promise<void> {
  const [cards, name] = await Promise.all([
    cardsFor(deps, scene.by.workspace),
    deps.connect.defaultName(scene.by, card.name),
  ])
  const mayUse = cards.some((one) => one.name === permissionCardOf(card.name))
  if (mayUse) await scene.open(connectForm({ cards, card, name, values: {}, keep }))
  else await scene.say(await sayNotAllowed(deps, scene, card), 'Connect a tool')
}

/** Who may change that gets the button that does. */
async function sayNotAllowed({ connect, people }: Deps, { by }: Scene, { name, title }: CardInfo): Promise<Saying> {
  const { mayManage } = await people.of(by.user)
  const ruled = mayManage ? connect.card(permissionCardOf(name)) : undefined
  const text = `${title} may not be connected in this workspace.${ruled ? '' : ' Ask an owner or admin to allow it.'}`
  const buttons = [...(ruled ? [allowButton(ruled, name)] : []), commandButton('Show all services', 'connect')]
  return { text, blocks: [section(literal(text)), actions(buttons)] }
}

/** By name or title, with spaces or dashes, in small letters or not. */
function cardNamed({ connect }: Deps, wanted: string): CardInfo | undefined {
  const word = plainWord(wanted)
  return connect.cards().find((card) => plainWord(card.name) === word || plainWord(card.title) === word)
}

const plainWord = (text: string): string => text.toLowerCase().replace(/[\s_-]+/g, '-')

function nearCards({ connect }: Deps, wanted: string): string[] {
  const names = connect.cards().map((card) => card.name)
  const near = nearest(wanted, names)
  const found = connect.cards(wanted).map((card) => card.name)
  return [...new Set([...(near ? [near] : []), ...found])].slice(0, 3)
}

function sayNoSuchCard(wanted: string, near: string[]): Saying {
  const text = `There is no service called "${clip(wanted, 60)}".`
  const hint = near.length === 0 ? '' : ` Did you mean ${listed(near, 'or')}?`
  return {
    text: `${text}${hint}`,
    blocks: [
      section(literal(`${text}${hint}`)),
      actions([
        ...near.map((name) => commandButton(`Connect ${name}`, `connect ${name}`)),
        commandButton('Show all services', 'connect'),
        commandButton('Search for it', `search ${clip(wanted, 100)}`),
      ]),
    ],
  }
}
