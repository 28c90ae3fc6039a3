import type { App } from '@slack/bolt'
import { errorChainOf, isAppError } from '../../errors.ts'
import type { Principal, UserId } from '../../ids.ts'
import type { AskedMessage, OwnCard } from '../../registry/own-cards.ts'
import type { ConnectionDeps, HomeTabDeps, WebApiDeps } from '../deps.ts'
import { type BlockAction, onDurablePress } from '../interactions/interaction.ts'
import { postDirectly, postInThread } from '../interactions/post-in-thread.ts'
import { AnyResponse } from '../web-api/web-api.ts'
import { decidedMessage, decisionMessage, sharedMessage, sharingRequestMessage } from './card-sharing-message.ts'

type Deps = WebApiDeps & ConnectionDeps & HomeTabDeps

/** Shares an owner's card at once; asks the owners for anybody else's, once. Returns what to tell its maker. */
export async function requestSharing(deps: Deps, by: Principal, card: OwnCard): Promise<string> {
  const { own } = deps.connect
  const may = await deps.people.mayManageNow(by.user)
  const fresh = await own.ask(by, card.entry.name, may)
  if (may) return 'Everyone here can connect it.'
  if (!fresh && card.asked.length > 0) return 'The owners were asked before.'
  // They are told after the acknowledgement; whom no message reaches finds it in their Home tab.
  void tellOwners(deps, by, card)
  return 'I ask the owners of this workspace whether to share it, and tell you what they say.'
}

/** Never throws. */
async function tellOwners(deps: Deps, by: Principal, card: OwnCard): Promise<void> {
  try {
    const owners = await deps.people.owners()
    const messages = await Promise.all(owners.map((owner) => askOwner(deps, owner, by, card)))
    const asked = messages.flat()
    await deps.connect.own.noteAsked(by.workspace, card.entry.name, asked)
    for (const user of owners) deps.refreshHome({ workspace: by.workspace, user })
    if (asked.length === 0) deps.log.error({ card: card.entry.name }, 'no owner could be asked to share a card')
  } catch (error) {
    deps.log.error({ card: card.entry.name, why: errorChainOf(error) }, 'owners not asked to share a card')
  }
}

async function askOwner(deps: Deps, owner: UserId, by: Principal, card: OwnCard): Promise<AskedMessage[]> {
  const channel = await deps.directMessageOf(owner)
  if (channel === undefined) return []
  try {
    const { messageTs } = await postInThread(deps, channel, undefined, sharingRequestMessage(card, by.user))
    return [{ channel, ts: messageTs }]
  } catch (error) {
    if (!isAppError(error, 'slack_failed')) throw error
    deps.log.warn({ user: owner, why: errorChainOf(error) }, 'an owner was not asked to share a card')
    return []
  }
}

export function registerCardSharing(app: App, deps: Deps): void {
  onDurablePress(app, deps, 'card_share_yes', (press) => decide(deps, press, true))
  onDurablePress(app, deps, 'card_share_no', (press) => decide(deps, press, false))
  onDurablePress(app, deps, 'card_share', async ({ by, value, responder, ack }) => {
    const card = await deps.connect.own.get(by, value)
    if (card === undefined || card.by !== by.user) return responder.replyError('This card is gone.')
    const said = await requestSharing(deps, by, card)
    await ack()
    return responder.reply(sharedMessage(card, said), 'Share a card')
  })
}

async function decide(deps: Deps, press: BlockAction, shared: boolean): Promise<void> {
  const { by, value, responder, message } = press
  if (!(await deps.people.mayManageNow(by.user)))
    return responder.replyError('Only an owner of this workspace can decide this.')
  const decision = await deps.connect.own.decide(by, value, shared)
  await press.ack()
  if (decision === undefined)
    return responder.replyError('This card was removed meanwhile, so there is nothing to decide.')
  const { decided, card } = decision
  if (!decided && press.view?.kind === 'home') void deps.publishHome(by)
  if (!decided)
    return responder.replyError(`Somebody decided this before: the card is ${card.shared ? '' : 'not '}shared.`)
  const content = decidedMessage(card, by.user)
  // The pressed message may not be noted yet.
  const pressed = message === undefined ? [] : [{ channel: message.channel, ts: message.ts }]
  const places = new Map([...card.asked, ...pressed].map((one) => [`${one.channel} ${one.ts}`, one]))
  if (press.view?.kind === 'home') void deps.publishHome(by)
  await Promise.all([...places.values()].map((place) => replaceMessage(deps, place, content)))
  await postDirectly(deps, card.by, decisionMessage(card, by.user))
}

/** Never throws: what was decided stands, and a press on an old message is told so. */
async function replaceMessage({ webApi, log }: Deps, place: AskedMessage, content: ReturnType<typeof decidedMessage>) {
  try {
    await webApi.call('chat.update', { ...place, ...content }, AnyResponse)
  } catch (error) {
    log.warn({ channel: place.channel, why: errorChainOf(error) }, 'a request to share a card was not updated')
  }
}
