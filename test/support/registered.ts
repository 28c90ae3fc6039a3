import { App } from '@slack/bolt'
import { startWorld } from './world.ts'

const KINDS = ['event', 'command', 'shortcut', 'action', 'view', 'options'] as const

/** All that the app listens to, as Bolt is told: `event message`, `action run_stop`, `view connect`, … */
export async function registered(): Promise<string[]> {
  using listeners = hearListeners()
  await using _world = await startWorld()
  return listeners.names()
}

/** Hears what every app listens to that is started from now on. */
export function hearListeners() {
  const heard = new Set<string>()
  using undo = new DisposableStack()
  for (const kind of KINDS) {
    const listen: unknown = Reflect.get(App.prototype, kind)
    if (typeof listen !== 'function') throw new TypeError(`Bolt has no ${kind}`)
    undo.defer(() => Reflect.set(App.prototype, kind, listen))
    Reflect.set(App.prototype, kind, function (this: App, what: unknown, ...listeners: unknown[]) {
      heard.add(`${kind} ${nameOf(what)}`)
      return Reflect.apply(listen, this, [what, ...listeners])
    })
  }
  const undone = undo.move()
  return { names: () => [...heard].sort(), [Symbol.dispose]: () => undone.dispose() }
}

function nameOf(what: unknown): string {
  // press.ts listens to an action with anything after a colon.
  if (what instanceof RegExp) return what.source.replace(/^\^|\(:\|\$\)$/g, '')
  if (typeof what === 'object' && what !== null && 'callback_id' in what) return String(what.callback_id)
  return String(what)
}
