import type { App } from '@slack/bolt'
import type { ModalView } from '@slack/types'
import { z } from 'zod'
import type { SignInOffer, SignInPlace, SignInResult } from '../../connect/connect-types.ts'
import { errorChainOf } from '../../errors.ts'
import type { ConnectionId, InputId, Principal, RunId } from '../../ids.ts'
import type { PendingInput } from '../../run/runs.ts'
import { type MessageContent, sectionBlock } from '../blocks/build-blocks.ts'
import { mentionOf } from '../blocks/text.ts'
import type { ConnectionDeps, HomeTabDeps, PolicyDeps, RunsDeps, WebApiDeps } from '../deps.ts'
import { givenAnswerMessage } from '../elicitation/elicitation-card.ts'
import { findNamedConnection } from '../interactions/find-by-name.ts'
import { findConnectionFor, findInputFor } from '../interactions/find-for-person.ts'
import {
  type BlockAction,
  type Command,
  onButtonPress,
  onDurablePress,
  type Responder,
} from '../interactions/interaction.ts'
import { loadingModal, showLoadedView, updateModalView } from '../interactions/modals.ts'
import { postDirectly, postToOnePerson } from '../interactions/post-in-thread.ts'
import { createConnectRetryButton } from './connect-retry.ts'
import { connectedMessage, connectedModal } from './connected-message.ts'
import { buildFormModal } from './form-card.ts'
import {
  createAnswerAgainButton,
  createSignInAgainButton,
  noSignInNeededMessage,
  signedInMessage,
  signInFailedMessage,
  signInMessage,
  signInModal,
  signInOverModal,
} from './sign-in-message.ts'

type OfferDeps = WebApiDeps & ConnectionDeps
type ReplyDeps = OfferDeps & PolicyDeps & HomeTabDeps
type FailedSignIn = Extract<SignInResult, { ok: false }>

/** Where a sign-in was started; comes back with its result. */
const SignInPlaceSchema = z.object({
  view: z.string().optional(),
  channel: z.string().optional(),
  thread: z.string().optional(),
  /** The input that waits for it. */
  input: z.string().optional(),
})

/** Listens to the sign-in buttons. `sign_in_open` has a URL, and Slack sends an action for it as well. */
export function registerSignIn(app: App, deps: WebApiDeps & RunsDeps & ConnectionDeps): void {
  onButtonPress(app, deps, 'sign_in_open', async () => undefined)
  onDurablePress(app, deps, 'input_sign_in', (press) => signInForInput(deps, press))
  onButtonPress(app, deps, 'sign_in_again', async (press) => {
    const connection = await findNamedConnection(deps, press.responder, press.value, 'sign-in')
    if (connection === undefined) return
    const { id, name } = connection
    await openSignInModal(deps, press.responder, { name, connection: id, place: placeOf(press), modal: modalOf(press) })
  })
}

/** Discovery and registration take a few seconds; a person waits. */
const OFFER_TIMEOUT_MS = 45_000

/** Opens a fresh sign-in link for the input of a waiting call. */
async function signInForInput(deps: WebApiDeps & RunsDeps & ConnectionDeps, press: BlockAction): Promise<void> {
  const { by, responder } = press
  const asked = await findPendingSignIn(deps, press)
  if ('text' in asked) return responder.reply(asked, 'Sign in')
  const { request, name, run, input } = asked
  const { connection, message: why } = request
  const shown = { place: { ...placeOf(press), input }, modal: modalOf(press), onShown: press.ack }
  const options = { name, connection, why, challenge: challengeOf(request), ...shown }
  if (await openSignInModal(deps, responder, options)) await deps.runs.answerInput({ run, input, by, action: 'accept' })
}

/** Slack stacks at most three modals, so an open one is used again. */
const modalOf = ({ view }: BlockAction): string | undefined => (view?.kind === 'modal' ? view.id : undefined)

type SignInOptions = {
  name: string
  connection: ConnectionId
  why?: string
  challenge?: ReturnType<typeof challengeOf>
  /** Comes back with the result. */
  place: SignInPlace
  /** The open modal to use; without it one is opened. */
  modal?: string | undefined
  /** Called once the person sees the modal: where to sign in may take longer than Slack waits. */
  onShown?(): Promise<void>
}

/** Prepares a sign-in and shows its link in a modal. True if no sign-in is needed. */
async function openSignInModal(deps: OfferDeps, responder: Responder, options: SignInOptions): Promise<boolean> {
  const { name, connection, why, challenge, place } = options
  const loading = loadingModal('Sign in', 'Asking where to sign in…')
  const view = options.modal ?? (await responder.openModal(loading))
  if (options.modal !== undefined) await updateModalView(deps, view, loading)
  await options.onShown?.()
  const signal = AbortSignal.timeout(OFFER_TIMEOUT_MS)
  let notNeeded = false
  await showLoadedView(deps, view, async () => {
    const outcome = await deps.connect.signIn(responder.by, connection, signal, challenge)
    notNeeded = outcome.ok
    if (outcome.ok) return signInOverModal(noSignInNeededMessage(name), true)
    const { signIn, message } = outcome
    if (signIn === undefined) {
      const again = place.input === undefined ? createSignInAgainButton(name) : createAnswerAgainButton(place.input)
      return signInOverModal(signInFailedMessage(name, message, again), false)
    }
    const { show, ...offered } = signIn
    return signInModal({ ...offered, name, ...(await show({ ...place, view })) }, why)
  })
  return notNeeded
}

type SignInRequest = Extract<PendingInput['input']['request'], { kind: 'sign_in' }>

/** The pending sign-in, if this person may answer it; else the message that says why not. */
async function findPendingSignIn(deps: RunsDeps, { by, value }: BlockAction): Promise<MessageContent | PendingSignIn> {
  const textMessage = (text: string): MessageContent => ({ text, blocks: [sectionBlock(text)] })
  const found = await findInputFor(deps, by, value)
  if (found?.input.request.kind !== 'sign_in')
    return textMessage('This sign-in is no longer needed. Ask again if you still want it.')
  const { input, call, state } = found
  if (input.person !== by.user)
    return textMessage(`Only ${mentionOf(input.person)}, who asked for this, can sign in for it.`)
  if (input.given !== undefined) return textMessage(givenAnswerMessage(input.given, { kind: 'sign_in' }))
  return { run: state.id, input: input.id, request: found.input.request, name: call.connectionName }
}

type PendingSignIn = { run: RunId; input: InputId; request: SignInRequest; name: string }

/** The scopes of the server's challenge; undefined if the server has to be asked again. */
function challengeOf({ scopes, metadataUrl }: SignInRequest) {
  if (scopes.length === 0) return undefined
  return { scope: scopes.join(' '), ...(metadataUrl !== undefined && { metadataUrl }) }
}

const placeOf = ({ message }: BlockAction): SignInPlace =>
  message === undefined
    ? {}
    : { channel: message.channel, ...(message.thread !== undefined && { thread: message.thread }) }

/** Shows the sign-in in the open modal; if it is closed, as a message. */
export async function showSignIn(
  deps: WebApiDeps,
  { by, name, channel, view }: { by: Principal; name: string; channel: string | undefined; view: string },
  { show, ...offered }: SignInOffer,
): Promise<void> {
  const ask = { ...offered, name, ...(await show({ view, ...(channel !== undefined && { channel }) })) }
  if (!(await updateModalView(deps, view, signInModal(ask))))
    await replySignInOutcome(deps, { by, channel }, signInMessage(ask))
}

/** Shows the result of a sign-in in its modal; if that is closed, as a message. Never throws. */
export async function announceSignIn(deps: ReplyDeps, result: SignInResult): Promise<void> {
  const { by } = result
  if (by === undefined) return
  try {
    const where = SignInPlaceSchema.parse(result.place ?? {})
    const content = await outcomeMessage(deps, result, where.input)
    const shown =
      where.view !== undefined && (await updateModalView(deps, where.view, await outcomeModal(deps, result, content)))
    if (!shown) await replySignInOutcome(deps, { by, ...where }, content)
    deps.refreshHome(by)
  } catch (error) {
    deps.log.error({ user: by.user, why: errorChainOf(error) }, 'sign-in result not shown')
  }
}

async function outcomeMessage(
  deps: ReplyDeps,
  result: SignInResult,
  input: string | undefined,
): Promise<MessageContent> {
  const { title, name = title, card = '', inputs = {} } = result
  if (!result.ok) {
    const existing = await findConnectionOf(deps, result)
    const again =
      existing === undefined
        ? createConnectRetryButton(result.by && (await deps.connect.offer(result.by, card)), { name, inputs })
        : createSignInAgainButton(existing.name)
    if (input === undefined) return signInFailedMessage(name, result.message, again)
    // A denial has answered the input already.
    if (result.denied) return signInFailedMessage(name, `${result.message} I go on without it.`, again)
    return signInFailedMessage(name, result.message, createAnswerAgainButton(input))
  }
  const { connection, starters, fresh } = result
  return fresh
    ? connectedMessage({ connection, card: deps.connect.cardOf(connection), starters })
    : signedInMessage(title, connection.name)
}

async function outcomeModal(deps: ReplyDeps, result: SignInResult, content: MessageContent): Promise<ModalView> {
  if (!result.ok) return (await retryFormModal(deps, result)) ?? signInOverModal(content, false)
  const { connection, starters, fresh } = result
  return fresh
    ? connectedModal({ connection, card: deps.connect.cardOf(connection), starters })
    : signInOverModal(content, true)
}

const findConnectionOf = async (deps: ReplyDeps, { by, connection }: FailedSignIn) =>
  by === undefined || connection === undefined ? undefined : findConnectionFor(deps, by, connection)

/** The form of a first connect with the submitted values but without secrets; undefined for an existing connection. */
async function retryFormModal(deps: ReplyDeps, result: FailedSignIn): Promise<ModalView | undefined> {
  const { by, card: cardName = '', name = '', inputs = {}, place, message } = result
  const existing = await findConnectionOf(deps, result)
  const card = existing === undefined && by !== undefined ? await deps.connect.offer(by, cardName) : undefined
  if (by === undefined || card === undefined) return undefined
  const metadata = place?.channel === undefined ? {} : { channel: place.channel }
  const secrets = card.inputs.some(({ secret }) => secret)
    ? ' If you had entered a secret, please enter it again: I never keep them.'
    : ''
  return buildFormModal(deps, by, {
    card,
    name,
    values: inputs,
    metadata,
    alert: `Not signed in: ${message}${secrets}`,
  })
}

/** Posts what only the person sees to the channel, or to their direct messages. Never throws. */
export const replySignInOutcome = (
  deps: WebApiDeps,
  { by, channel, thread }: { by: Principal; channel?: string | undefined; thread?: string | undefined },
  content: MessageContent,
): Promise<void> =>
  channel === undefined
    ? postDirectly(deps, by.user, content)
    : postToOnePerson(deps, { channel, thread, user: by.user }, content)

/** Runs from the Sign in buttons: each press makes a fresh link, so a button never expires. */
export const signInCommand: Command = {
  name: 'sign-in',
  usage: '[connection]',
  description: 'signs in to a service again',
  hidden: true,
  async run(deps, { words, responder }) {
    const connection = await findNamedConnection(deps, responder, words[0] ?? '', 'sign-in')
    if (connection === undefined) return
    const { channel, by } = responder
    const place = channel === undefined ? {} : { channel }
    await openSignInModal(deps, responder, { name: connection.name, connection: connection.id, place })
    deps.refreshHome(by)
  },
}
