import type { App } from '@slack/bolt'
import type { ModalView } from '@slack/types'
import { z } from 'zod'
import type { SignInOffer, SignInPlace } from '../connect/sign-in/begin-sign-in.ts'
import type { SignInResult } from '../connect/sign-in/finish-sign-in.ts'
import { errorChainOf } from '../errors.ts'
import type { ConnectionId, InputId, Principal, RunId } from '../ids.ts'
import type { PendingInput } from '../run/runs.ts'
import { Anything } from './calls.ts'
import { named } from './commands/named.ts'
import type { Deps } from './deps.ts'
import { connectionFor, inputFor } from './lookups.ts'
import { updateView } from './modal-view.ts'
import { onPress, type Press } from './press.ts'
import type { Scene } from './scene.ts'
import { cardsFor, withCard } from './settings.ts'
import { showIn, waitingModal } from './show-view.ts'
import { type Saying, section } from './views/blocks.ts'
import { connectForm } from './views/connect-form.ts'
import { connectedModal, sayConnected } from './views/connected.ts'
import { sayGiven } from './views/input-card.ts'
import {
  answerAgain,
  connectAgain,
  sayNoSignInNeeded,
  saySignedIn,
  saySignIn,
  saySignInFailed,
  signInAgain,
  signInModal,
  signInOverModal,
} from './views/sign-in.ts'
import { mention } from './views/text.ts'

/** Where a sign-in was asked for: what comes back with its news. */
const Where = z.object({
  view: z.string().optional(),
  channel: z.string().optional(),
  thread: z.string().optional(),
  /** The question that waits for it. */
  input: z.string().optional(),
})

/** A press on a button with an address is told, too; there is nothing to do. */
export function registerSignIn(app: App, deps: Deps): void {
  onPress(app, deps, 'sign_in_open', async () => undefined)
  onPress(app, deps, 'input_sign_in', (press) => signInFor(deps, press))
  onPress(app, deps, 'sign_in_again', async (press) => {
    const connection = await named(deps, press.scene, press.value, 'sign-in')
    if (connection === undefined) return
    const { id, name } = connection
    const wish = { name, connection: id, place: placeOf(press), modal: modalOf(press) }
    await signInModally(deps, press.scene, wish)
  })
}

/** Asking the server and its sign-in service takes a few seconds; a person waits. */
const OFFER_TIMEOUT_MS = 45_000

/** What a waiting call needs: a fresh link for the one person it is for. */
async function signInFor(deps: Deps, press: Press): Promise<void> {
  const { by, scene } = press
  const asked = await openSignIn(deps, press)
  if ('text' in asked) return scene.say(asked, 'Sign in')
  const { request, name, run, input } = asked
  const { connection, message: why } = request
  const place = { ...placeOf(press), input }
  const wish = { name, connection, why, wanted: wantedIn(request), place, modal: modalOf(press) }
  if (await signInModally(deps, scene, wish)) await deps.runs.answerInput({ run, input, by, action: 'accept' })
}

/** Slack stacks three modals at most, so one that said how it went is used again. */
const modalOf = ({ view }: Press): string | undefined => (view?.kind === 'modal' ? view.id : undefined)

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
export async function signInModally(deps: Deps, scene: Scene, wish: SignInWish): Promise<boolean> {
  const { name, connection, why, wanted, place } = wish
  const asking = waitingModal('Sign in', 'Asking where to sign in…')
  const view = wish.modal ?? (await scene.open(asking))
  if (wish.modal !== undefined) await updateView(deps, view, asking)
  let needless = false
  await showIn(deps, view, async () => {
    const outcome = await deps.connect.signIn(scene.by, connection, AbortSignal.timeout(OFFER_TIMEOUT_MS), wanted)
    needless = outcome.ok
    if (outcome.ok) return signInOverModal(sayNoSignInNeeded(name), true)
    const { signIn, message } = outcome
    if (signIn === undefined) {
      const again = place.input === undefined ? signInAgain(name) : answerAgain(place.input)
      return signInOverModal(saySignInFailed(name, message, again), false)
    }
    const { show, ...offered } = signIn
    return signInModal({ ...offered, name, ...(await show({ ...place, view })) }, why)
  })
  return needless
}

type SignInRequest = Extract<PendingInput['input']['request'], { kind: 'sign_in' }>

/** The question, if it is this person's to answer; else what to say. */
async function openSignIn(deps: Deps, { by, value }: Press): Promise<Saying | OpenSignIn> {
  const found = await inputFor(deps, by, value)
  const said = (text: string): Saying => ({ text, blocks: [section(text)] })
  if (found?.input.request.kind !== 'sign_in')
    return said('This sign-in is no longer needed. Ask again if you still want it.')
  const { input, call, state } = found
  if (input.person !== by.user) return said(`Only ${mention(input.person)}, who asked for this, can sign in for it.`)
  if (input.given !== undefined) return said(sayGiven(input.given, 'sign_in'))
  return { run: state.id, input: input.id, request: found.input.request, name: call.connectionName }
}

type OpenSignIn = { run: RunId; input: InputId; request: SignInRequest; name: string }

/** As the server said it; undefined where it has to be asked again. */
function wantedIn({ scopes, metadataUrl }: SignInRequest) {
  if (scopes.length === 0) return undefined
  return { scope: scopes.join(' '), ...(metadataUrl !== undefined && { metadataUrl }) }
}

const placeOf = ({ message }: Press): SignInPlace =>
  message === undefined
    ? {}
    : { channel: message.channel, ...(message.thread !== undefined && { thread: message.thread }) }

/** Shows the button in the modal the person is at, else where they can see it. */
export async function showSignIn(
  deps: Deps,
  { by, name, channel, view }: { by: Principal; name: string; channel: string | undefined; view: string },
  { show, ...offered }: SignInOffer,
): Promise<void> {
  const ask = { ...offered, name, ...(await show({ view, ...(channel !== undefined && { channel }) })) }
  if (!(await updateView(deps, view, signInModal(ask)))) await tellThere(deps, { by, channel }, saySignIn(ask))
}

/** A sign-in came back: the modal shows it, or where it was closed the person is told. Never throws. */
export async function tellSignedIn(deps: Deps, news: SignInResult): Promise<void> {
  const { by } = news
  if (by === undefined) return
  try {
    const where = Where.parse(news.place ?? {})
    const saying = await sayOutcome(deps, news, where.input)
    const shown =
      where.view !== undefined && (await updateView(deps, where.view, await outcomeModal(deps, news, saying)))
    if (!shown) await tellThere(deps, { by, ...where }, saying)
    deps.refreshHome(by)
  } catch (error) {
    deps.log.error({ user: by.user, why: errorChainOf(error) }, 'sign-in could not be told')
  }
}

async function sayOutcome(deps: Deps, news: SignInResult, input: string | undefined): Promise<Saying> {
  const { title, name = title, card = '' } = news
  if (!news.ok) {
    const there = await connectionIn(deps, news)
    const again = there === undefined ? connectAgain(card) : signInAgain(there.name)
    if (input === undefined) return saySignInFailed(name, news.message, again)
    // A plain no has answered what waited for it.
    if (news.denied) return saySignInFailed(name, `${news.message} I go on without it.`, again)
    return saySignInFailed(name, news.message, answerAgain(input))
  }
  const { connection, starters, fresh } = news
  return fresh
    ? sayConnected({ connection, card: deps.connect.cardOf(connection), starters })
    : saySignedIn(title, connection.name)
}

async function outcomeModal(deps: Deps, news: SignInResult, saying: Saying): Promise<ModalView> {
  if (!news.ok) return (await formAgain(deps, news)) ?? signInOverModal(saying, false)
  const { connection, starters, fresh } = news
  return fresh
    ? connectedModal({ connection, card: deps.connect.cardOf(connection), starters })
    : signInOverModal(saying, true)
}

const connectionIn = async (deps: Deps, { by, connection }: Extract<SignInResult, { ok: false }>) =>
  by === undefined || connection === undefined ? undefined : connectionFor(deps, by, connection)

/** A first connect goes on in its form, as it was sent, without the secrets; undefined for a connection that is there. */
async function formAgain(deps: Deps, news: Extract<SignInResult, { ok: false }>): Promise<ModalView | undefined> {
  const { by, card: called = '', name = '', inputs = {}, place, message } = news
  const there = await connectionIn(deps, news)
  const card = there === undefined ? await deps.connect.offer(called) : undefined
  if (by === undefined || card === undefined) return undefined
  const cards = withCard(await cardsFor(deps, by.workspace), card)
  const keep = place?.channel === undefined ? {} : { channel: place.channel }
  const secrets = card.inputs.some(({ secret }) => secret) ? ' If you had entered a secret, please enter it again.' : ''
  return connectForm({ cards, card, name, values: inputs, keep, alert: `Not signed in: ${message}${secrets}` })
}

/** Where the person asked, seen by them alone, or else in their direct messages. */
export async function tellThere(
  { calls, dmOf, log }: Deps,
  { by, channel, thread }: { by: Principal; channel?: string | undefined; thread?: string | undefined },
  saying: Saying,
): Promise<void> {
  if (channel !== undefined) {
    try {
      const place = { channel, ...(thread !== undefined && { thread_ts: thread }) }
      await calls.call('chat.postEphemeral', { ...place, user: by.user, ...saying }, Anything)
      return
    } catch (error) {
      log.debug({ why: errorChainOf(error) }, 'not told in the channel')
    }
  }
  const dm = await dmOf(by.user)
  if (dm !== undefined) await calls.call('chat.postMessage', { channel: dm, ...saying, unfurl_links: false }, Anything)
}
