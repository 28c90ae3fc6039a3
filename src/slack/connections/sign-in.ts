import type { App } from '@slack/bolt'
import type { ModalView } from '@slack/types'
import { z } from 'zod'
import type { SignInOffer, SignInPlace } from '../../connect/sign-in/begin-sign-in.ts'
import type { SignInResult } from '../../connect/sign-in/finish-sign-in.ts'
import { errorChainOf } from '../../errors.ts'
import type { ConnectionId, InputId, Principal, RunId } from '../../ids.ts'
import type { PendingInput } from '../../run/runs.ts'
import { type MessageContent, sectionBlock } from '../blocks/blocks.ts'
import { mentionOf } from '../blocks/text.ts'
import type { SlackDeps } from '../deps.ts'
import { givenAnswerMessage } from '../elicitation/elicitation-card.ts'
import { allowedCardsFor, toggleAllowedCard } from '../home/settings-actions.ts'
import { type BlockAction, onButtonPress } from '../interactions/button-press.ts'
import { findNamedConnection } from '../interactions/connection-by-name.ts'
import { findConnectionFor, findInputFor } from '../interactions/find-for-person.ts'
import { loadingModal, showLoadedView } from '../interactions/loading-view.ts'
import type { Responder } from '../interactions/responder.ts'
import { updateModalView } from '../web-api/update-view.ts'
import { AnyResponse } from '../web-api/web-api.ts'
import { connectModal } from './connect-form.ts'
import { connectedMessage, connectedModal } from './connected-message.ts'
import {
  createAnswerAgainButton,
  createConnectAgainButton,
  createSignInAgainButton,
  noSignInNeededMessage,
  signedInMessage,
  signInFailedMessage,
  signInMessage,
  signInModal,
  signInOverModal,
} from './sign-in-message.ts'

/** Where a sign-in was asked for: what comes back with its news. */
const Where = z.object({
  view: z.string().optional(),
  channel: z.string().optional(),
  thread: z.string().optional(),
  /** The question that waits for it. */
  input: z.string().optional(),
})

/** A press on a button with an address is told, too; there is nothing to do. */
export function registerSignIn(app: App, deps: SlackDeps): void {
  onButtonPress(app, deps, 'sign_in_open', async () => undefined)
  onButtonPress(app, deps, 'input_sign_in', (press) => signInFor(deps, press))
  onButtonPress(app, deps, 'sign_in_again', async (press) => {
    const connection = await findNamedConnection(deps, press.scene, press.value, 'sign-in')
    if (connection === undefined) return
    const { id, name } = connection
    const wish = { name, connection: id, place: placeOf(press), modal: modalOf(press) }
    await openSignInModal(deps, press.scene, wish)
  })
}

/** Asking the server and its sign-in service takes a few seconds; a person waits. */
const OFFER_TIMEOUT_MS = 45_000

/** What a waiting call needs: a fresh link for the one person it is for. */
async function signInFor(deps: SlackDeps, press: BlockAction): Promise<void> {
  const { by, scene } = press
  const asked = await openSignIn(deps, press)
  if ('text' in asked) return scene.reply(asked, 'Sign in')
  const { request, name, run, input } = asked
  const { connection, message: why } = request
  const place = { ...placeOf(press), input }
  const wish = { name, connection, why, wanted: wantedIn(request), place, modal: modalOf(press) }
  if (await openSignInModal(deps, scene, wish)) await deps.runs.answerInput({ run, input, by, action: 'accept' })
}

/** Slack stacks three modals at most, so one that said how it went is used again. */
const modalOf = ({ view }: BlockAction): string | undefined => (view?.kind === 'modal' ? view.id : undefined)

type SignInWish = {
  name: string
  connection: ConnectionId
  why?: string
  wanted?: ReturnType<typeof wantedIn>
  /** What comes back with the news. */
  place: SignInPlace
  /** The open modal to show it in; else one is opened. */
  modal?: string | undefined
}

/** Asks where to sign in, in a modal that stays until the person is back from their browser. True where no sign-in is needed. */
export async function openSignInModal(deps: SlackDeps, scene: Responder, wish: SignInWish): Promise<boolean> {
  const { name, connection, why, wanted, place } = wish
  const asking = loadingModal('Sign in', 'Asking where to sign in…')
  const view = wish.modal ?? (await scene.openModal(asking))
  if (wish.modal !== undefined) await updateModalView(deps, view, asking)
  let needless = false
  await showLoadedView(deps, view, async () => {
    const outcome = await deps.connect.signIn(scene.by, connection, AbortSignal.timeout(OFFER_TIMEOUT_MS), wanted)
    needless = outcome.ok
    if (outcome.ok) return signInOverModal(noSignInNeededMessage(name), true)
    const { signIn, message } = outcome
    if (signIn === undefined) {
      const again = place.input === undefined ? createSignInAgainButton(name) : createAnswerAgainButton(place.input)
      return signInOverModal(signInFailedMessage(name, message, again), false)
    }
    const { show, ...offered } = signIn
    return signInModal({ ...offered, name, ...(await show({ ...place, view })) }, why)
  })
  return needless
}

type SignInRequest = Extract<PendingInput['input']['request'], { kind: 'sign_in' }>

/** The question, if it is this person's to answer; else what to say. */
async function openSignIn(deps: SlackDeps, { by, value }: BlockAction): Promise<MessageContent | OpenSignIn> {
  const found = await findInputFor(deps, by, value)
  const said = (text: string): MessageContent => ({ text, blocks: [sectionBlock(text)] })
  if (found?.input.request.kind !== 'sign_in')
    return said('This sign-in is no longer needed. Ask again if you still want it.')
  const { input, call, state } = found
  if (input.person !== by.user) return said(`Only ${mentionOf(input.person)}, who asked for this, can sign in for it.`)
  if (input.given !== undefined) return said(givenAnswerMessage(input.given, 'sign_in'))
  return { run: state.id, input: input.id, request: found.input.request, name: call.connectionName }
}

type OpenSignIn = { run: RunId; input: InputId; request: SignInRequest; name: string }

/** As the server said it; undefined where it has to be asked again. */
function wantedIn({ scopes, metadataUrl }: SignInRequest) {
  if (scopes.length === 0) return undefined
  return { scope: scopes.join(' '), ...(metadataUrl !== undefined && { metadataUrl }) }
}

const placeOf = ({ message }: BlockAction): SignInPlace =>
  message === undefined
    ? {}
    : { channel: message.channel, ...(message.thread !== undefined && { thread: message.thread }) }

/** Shows the button in the modal the person is at, else where they can see it. */
export async function showSignIn(
  deps: SlackDeps,
  { by, name, channel, view }: { by: Principal; name: string; channel: string | undefined; view: string },
  { show, ...offered }: SignInOffer,
): Promise<void> {
  const ask = { ...offered, name, ...(await show({ view, ...(channel !== undefined && { channel }) })) }
  if (!(await updateModalView(deps, view, signInModal(ask))))
    await replySignInOutcome(deps, { by, channel }, signInMessage(ask))
}

/** A sign-in came back: the modal shows it, or where it was closed the person is told. Never throws. */
export async function announceSignIn(deps: SlackDeps, news: SignInResult): Promise<void> {
  const { by } = news
  if (by === undefined) return
  try {
    const where = Where.parse(news.place ?? {})
    const saying = await sayOutcome(deps, news, where.input)
    const shown =
      where.view !== undefined && (await updateModalView(deps, where.view, await outcomeModal(deps, news, saying)))
    if (!shown) await replySignInOutcome(deps, { by, ...where }, saying)
    deps.refreshHome(by)
  } catch (error) {
    deps.log.error({ user: by.user, why: errorChainOf(error) }, 'sign-in could not be told')
  }
}

async function sayOutcome(deps: SlackDeps, news: SignInResult, input: string | undefined): Promise<MessageContent> {
  const { title, name = title, card = '' } = news
  if (!news.ok) {
    const there = await connectionIn(deps, news)
    const again = there === undefined ? createConnectAgainButton(card) : createSignInAgainButton(there.name)
    if (input === undefined) return signInFailedMessage(name, news.message, again)
    // A plain no has answered what waited for it.
    if (news.denied) return signInFailedMessage(name, `${news.message} I go on without it.`, again)
    return signInFailedMessage(name, news.message, createAnswerAgainButton(input))
  }
  const { connection, starters, fresh } = news
  return fresh
    ? connectedMessage({ connection, card: deps.connect.cardOf(connection), starters })
    : signedInMessage(title, connection.name)
}

async function outcomeModal(deps: SlackDeps, news: SignInResult, saying: MessageContent): Promise<ModalView> {
  if (!news.ok) return (await formAgain(deps, news)) ?? signInOverModal(saying, false)
  const { connection, starters, fresh } = news
  return fresh
    ? connectedModal({ connection, card: deps.connect.cardOf(connection), starters })
    : signInOverModal(saying, true)
}

const connectionIn = async (deps: SlackDeps, { by, connection }: Extract<SignInResult, { ok: false }>) =>
  by === undefined || connection === undefined ? undefined : findConnectionFor(deps, by, connection)

/** A first connect goes on in its form, as it was sent, without the secrets; undefined for a connection that is there. */
async function formAgain(deps: SlackDeps, news: Extract<SignInResult, { ok: false }>): Promise<ModalView | undefined> {
  const { by, card: called = '', name = '', inputs = {}, place, message } = news
  const there = await connectionIn(deps, news)
  const card = there === undefined ? await deps.connect.offer(called) : undefined
  if (by === undefined || card === undefined) return undefined
  const cards = toggleAllowedCard(await allowedCardsFor(deps, by.workspace), card)
  const keep = place?.channel === undefined ? {} : { channel: place.channel }
  const secrets = card.inputs.some(({ secret }) => secret) ? ' If you had entered a secret, please enter it again.' : ''
  return connectModal({ cards, card, name, values: inputs, keep, alert: `Not signed in: ${message}${secrets}` })
}

/** Where the person asked, seen by them alone, or else in their direct messages. */
export async function replySignInOutcome(
  { webApi, directMessageOf, log }: SlackDeps,
  { by, channel, thread }: { by: Principal; channel?: string | undefined; thread?: string | undefined },
  saying: MessageContent,
): Promise<void> {
  if (channel !== undefined) {
    try {
      const place = { channel, ...(thread !== undefined && { thread_ts: thread }) }
      await webApi.call('chat.postEphemeral', { ...place, user: by.user, ...saying }, AnyResponse)
      return
    } catch (error) {
      log.debug({ why: errorChainOf(error) }, 'not told in the channel')
    }
  }
  const dm = await directMessageOf(by.user)
  if (dm !== undefined)
    await webApi.call('chat.postMessage', { channel: dm, ...saying, unfurl_links: false }, AnyResponse)
}
