import type { Command } from '../interactions/command.ts'
import { findNamedConnection } from '../interactions/connection-by-name.ts'
import { openSignInModal } from './sign-in.ts'

/** Behind the Sign in buttons: each press makes a fresh link, so a button never gets stale. */
export const signInCommand: Command = {
  name: 'sign-in',
  usage: '[connection]',
  what: 'signs in to a service again',
  hidden: true,
  async run(deps, { words, scene }) {
    const connection = await findNamedConnection(deps, scene, words[0] ?? '', 'sign-in')
    if (connection === undefined) return
    const { channel, by } = scene
    const place = channel === undefined ? {} : { channel }
    await openSignInModal(deps, scene, { name: connection.name, connection: connection.id, place })
    deps.refreshHome(by)
  },
}
