import type { App } from '@slack/bolt'
import { z } from 'zod'
import type { SignedIn } from '../connect/finish-sign-in.ts'
import type { SignInOffer } from '../connect/sign-in.ts'
import { errorChain } from '../errors.ts'
import { InputId, type Principal, type RunId } from '../ids.ts'
import type { AskedOf } from '../run/runs.ts'
import { Anything } from './calls.ts'
import type { Deps } from './deps.ts'
import { updateView } from './modal-view.ts'
import { onPress, type Press } from './press.ts'
import { type Saying, section } from './views/blocks.ts'
import { connectedModal, sayConnected } from './views/connected.ts'
import { sayGiven } from './views/input-card.ts'
import {
  sayNoSignInNeeded,
  saySignedIn,
  saySignIn,
  saySignInFailed,
  signInModal,
  signInOverModal,
} from './views/sign-in.ts'
import { mention } from './views/text.ts'

/** Where a sign-in was asked for: what comes back with its news. */
const Where = z.object({ view: z.string().optional(), channel: z.string().optional(), thread: z.string().optional() })

/** A press on a button with an address is told, too; there is nothing to do. */
export function registerSignIn(app: App, deps: Deps): void {
  onPress(app, deps, 'sign_in_open', async () => undefined)
  onPress(app, deps, 'input_sign_in', (press) => signInFor(deps, press))
}

/** Asking the server and its sign-in service takes a few seconds; a person waits. */
const OFFER_TIMEOUT_MS = 45_000

/** What a waiting call needs: a fresh link for the one person it is for. */
async function signInFor(deps: Deps, press: Press): Promise<void> {
  const { by, scene } = press
  const asked = await openSignIn(deps, press)
  if ('text' in asked) return scene.say(asked, 'Sign in')
  await scene.wait('Sign in', ':hourglass_flowing_sand: Asking where to sign in…')
  const { request, name } = asked
  const outcome = await deps.connect.signIn(
    by,
    request.connection,
    AbortSignal.timeout(OFFER_TIMEOUT_MS),
    wantedIn(request),
  )
  if (outcome.ok) {
    await deps.runs.giveInput({ run: asked.run, input: asked.input, by, action: 'accept' })
    return scene.say(sayNoSignInNeeded(name), 'Sign in')
  }
  if (outcome.signIn === undefined)
    return scene.say(saySignInFailed(name, outcome.message, `sign-in ${name}`), 'Sign in')
  const { show, ...offered } = outcome.signIn
  const offer = await show(placeOf(press))
  await scene.say(saySignIn({ ...offered, name, ...offer }, request.message), 'Sign in')
}

type SignInRequest = Extract<AskedOf['input']['request'], { kind: 'sign_in' }>

/** The question, if it is this person's to answer; else what to say. */
async function openSignIn(deps: Deps, { by, value }: Press): Promise<Saying | OpenSignIn> {
  const id = InputId.safeParse(value)
  const found = id.success ? await deps.runs.input(id.data) : undefined
  const said = (text: string): Saying => ({ text, blocks: [section(text)] })
  if (found?.input.request.kind !== 'sign_in' || found.state.origin.workspace !== by.workspace)
    return said('This sign-in is no longer needed. Ask again if you still want it.')
  const { input, call, state } = found
  if (input.person !== by.user) return said(`Only ${mention(input.person)}, who asked for this, can sign in for it.`)
  if (input.given !== undefined) return said(sayGiven(input.given))
  return { run: state.id, input: input.id, request: found.input.request, name: call.connectionName }
}

type OpenSignIn = { run: RunId; input: InputId; request: SignInRequest; name: string }

/** As the server said it; undefined where it has to be asked again. */
function wantedIn({ scopes, metadataUrl }: SignInRequest) {
  if (scopes.length === 0) return undefined
  return { scope: scopes.join(' '), ...(metadataUrl !== undefined && { metadataUrl }) }
}

const placeOf = ({ message }: Press): Record<string, string> =>
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

/** A sign-in came back: the modal shows it if it is still open, and the person is told in any case. Never throws. */
export async function tellSignedIn(deps: Deps, news: SignedIn): Promise<void> {
  const { by } = news
  if (by === undefined) return
  try {
    const where = Where.parse(news.place ?? {})
    const saying = await sayOutcome(deps, news)
    if (where.view !== undefined) await updateView(deps, where.view, outcomeModal(deps, news, saying))
    await tellThere(deps, { by, ...where }, saying)
    deps.refreshHome(by)
  } catch (error) {
    deps.log.error({ user: by.user, why: errorChain(error) }, 'sign-in could not be told')
  }
}

async function sayOutcome(deps: Deps, news: SignedIn): Promise<Saying> {
  const { title, name = title, card = '' } = news
  if (!news.ok) {
    const there = news.connection === undefined ? undefined : await deps.registry.get(news.connection)
    return saySignInFailed(name, news.message, there === undefined ? `connect ${card}` : `sign-in ${there.name}`)
  }
  const { connection, starters, fresh } = news
  return fresh
    ? sayConnected({ connection, card: deps.connect.cardOf(connection), starters })
    : saySignedIn(title, connection.name)
}

function outcomeModal(deps: Deps, news: SignedIn, saying: Saying) {
  if (!news.ok || !news.fresh) return signInOverModal(saying, news.ok)
  const { connection, starters } = news
  return connectedModal({ connection, card: deps.connect.cardOf(connection), starters })
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
      log.debug({ why: errorChain(error) }, 'not told in the channel')
    }
  }
  const dm = await dmOf(by.user)
  if (dm !== undefined) await calls.call('chat.postMessage', { channel: dm, ...saying, unfurl_links: false }, Anything)
}
