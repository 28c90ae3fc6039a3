import { App, type Receiver } from '@slack/bolt'
import { register } from '../../src/slack/register.ts'
import { fakeDeps } from '../slack/fakes.ts'

const KINDS = ['event', 'command', 'shortcut', 'action', 'view', 'options'] as const

/** All that `slack/` listens to, as Bolt is told: `event message`, `action run_stop`, `view connect`, … */
export function registered(): string[] {
  const receiver: Receiver = { init: () => undefined, start: async () => undefined, stop: async () => undefined }
  const app = new App({ receiver, authorize: async () => ({ botToken: 'xoxb-1' }) })
  const heard = new Set<string>()
  for (const kind of KINDS) {
    const listen: unknown = Reflect.get(app, kind)
    if (typeof listen !== 'function') throw new TypeError(`Bolt has no ${kind}`)
    Reflect.set(app, kind, (what: unknown, ...listeners: unknown[]) => {
      heard.add(`${kind} ${nameOf(what)}`)
      return Reflect.apply(listen, app, [what, ...listeners])
    })
  }
  register(app, fakeDeps())
  return [...heard].sort()
}

function nameOf(what: unknown): string {
  // press.ts listens to an action with anything after a colon.
  if (what instanceof RegExp) return what.source.replace(/^\^|\(:\|\$\)$/g, '')
  if (typeof what === 'object' && what !== null && 'callback_id' in what) return String(what.callback_id)
  return String(what)
}
