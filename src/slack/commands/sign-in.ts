import type { Scene } from '../scene.ts'
import { sayNoSignInNeeded, saySignIn, saySignInFailed } from '../views/sign-in.ts'
import type { Command } from './command.ts'
import { named } from './named.ts'

/** Asking the server and its sign-in service takes a few seconds; a person waits. */
const OFFER_TIMEOUT_MS = 45_000

/** Behind the Sign in buttons: each press makes a fresh link, so a button never gets stale. */
export const signInCommand: Command = {
  name: 'sign-in',
  usage: '[connection]',
  what: 'signs in to a service again',
  hidden: true,
  async run(deps, { words, scene }) {
    const connection = await named(deps, scene, words[0] ?? '', 'sign-in')
    if (connection === undefined) return
    await scene.wait('Sign in', ':hourglass_flowing_sand: Asking where to sign in…')
    const { id, name } = connection
    const outcome = await deps.connect.signIn(scene.by, id, AbortSignal.timeout(OFFER_TIMEOUT_MS))
    deps.refreshHome(scene.by)
    if (outcome.ok) return scene.say(sayNoSignInNeeded(name), 'Sign in')
    if (outcome.signIn === undefined)
      return scene.say(saySignInFailed(name, outcome.message, `sign-in ${name}`), 'Sign in')
    const { show, ...offered } = outcome.signIn
    await scene.say(saySignIn({ ...offered, name, ...(await show(placeOf(scene))) }), 'Sign in')
  },
}

const placeOf = ({ channel }: Scene): Record<string, string> => (channel === undefined ? {} : { channel })
