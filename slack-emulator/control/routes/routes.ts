import { z } from 'zod'
import { DISCONNECT_REASONS } from '../../delivery/socket-mode.ts'
import { EmulatorError } from '../../errors.ts'
import { viewObjectOf } from '../../workspace/modal-stacks.ts'
import type { Json } from '../../workspace/records.ts'
import { APP } from '../../workspace/seed.ts'
import { Archive, archiveChannel, Membership, Rename, renameChannel, setMember } from '../channel-life.ts'
import type { EmulatorParts } from '../emulator-parts.ts'
import { findInChannel, findMessage, findPerson, findTopModal, findViewToPress, humansOf } from '../find.ts'
import { Decline, declineScopes, stopSession, uninstallApp } from '../membership.ts'
import { listVisibleMessages, readVisibleSession } from '../messages/visible-messages.ts'
import { addChannel, addPerson, NewChannel, NewPerson, NewUsergroup, setUsergroup } from '../people-and-places.ts'
import { pressInMessage, pressInView } from '../press-button.ts'
import { runShortcut } from '../shortcut.ts'
import { runSlashCommand } from '../slash-command.ts'
import { closeModal, submitModal, typeIntoModal } from '../submit-modal.ts'
import { channelsOf, listSuggestions, openHome } from '../what-people-see.ts'
import { listExecutions, runWorkflowStep, StepRun } from '../workflow-step.ts'
import { createDeliveryRoutes } from './delivery-routes.ts'
import { createMessageRoutes } from './message-routes.ts'
import { type Route, route } from './route.ts'

const as = z.string()
const ts = z.string()
const Command = z.object({
  as,
  channel: z.string(),
  text: z.string(),
  thread_ts: ts.optional(),
  command: z.string().startsWith('/').default('/mcp'),
})
/** `values` are the form's other fields, which the app sees in `view.state`. */
const Pressing = z.object({
  as,
  button: z.string(),
  value: z.unknown().optional(),
  block_id: z.string().optional(),
  channel: z.string().optional(),
  ts: ts.optional(),
  view: z.literal(true).optional(),
  home: z.literal(true).optional(),
  values: z.record(z.string(), z.unknown()).default({}),
  /** The workspace of a person from another company, in a Slack Connect channel. */
  team: z.string().optional(),
})
const Shortcut = z.object({ as, callback_id: z.string(), channel: z.string().optional(), ts: ts.optional() })

const Fault = z.object({
  method: z.string().default('*'),
  status: z.coerce.number().int().min(400).max(599).optional(),
  delay: z.coerce.number().int().min(1).max(60_000).optional(),
  error: z.string().min(1).optional(),
  retry_after: z.coerce.number().int().min(1).max(3_600).optional(),
  times: z.coerce.number().int().min(1).max(100_000).default(1),
})

const Limits = z.object({
  rate_limits: z.enum(['strict', 'generous']).optional(),
  pass_seconds: z.coerce.number().min(0).max(3_600).default(0),
})

/** Creates the routes of POST /local/…: what people do. */
export function createActionRoutes(parts: EmulatorParts): Record<string, Route> {
  return {
    ...createMessageRoutes(parts),
    command: route(Command, async (input) => {
      if (input.thread_ts !== undefined) throw new EmulatorError('conflict', 'slash commands do not run in threads')
      await runSlashCommand(parts, findInChannel(parts, input.as, input.channel), input.command, input.text)
      return { ok: true }
    }),
    press: route(Pressing, (input) => press(parts, input)),
    submit: route(z.object({ as, values: z.record(z.string(), z.unknown()).default({}) }), (input) => {
      const person = findPerson(parts, input.as)
      return submitModal(parts, person, findTopModal(parts, person), input.values)
    }),
    close: route(z.object({ as, all: z.boolean().default(false) }), (input) => {
      const { user } = findTopModal(parts, findPerson(parts, input.as))
      closeModal(parts, findPerson(parts, user), input.all)
      return { ok: true }
    }),
    shortcut: route(Shortcut, async ({ as: name, callback_id, channel, ts: at }) => {
      const seen = channel === undefined || at === undefined ? undefined : findMessage(parts, name, { channel, ts: at })
      await runShortcut(parts, findPerson(parts, name), callback_id, seen)
      return { ok: true }
    }),
    stop: route(z.object({ as, channel: z.string(), thread_ts: ts }), (input) =>
      stopSession(parts, findInChannel(parts, input.as, input.channel), input.thread_ts),
    ),
    open: route(z.object({ as }), (input) => {
      const { person, channel } = findInChannel(parts, input.as, 'dm')
      parts.workspace.publish({ kind: 'home_opened', user: person.id, tab: 'messages', channel: channel.id })
      return { ok: true, channel: channel.id }
    }),
    uninstall: route(z.object({ here_only: z.boolean().default(false) }), (input) => uninstallApp(parts, input)),
    'decline-scopes': route(Decline, (input) => declineScopes(parts, input)),
    'run-step': route(StepRun, (input) => runWorkflowStep(parts, input)),
    ...createFaultRoutes(parts),
    limits: route(Limits, ({ rate_limits, pass_seconds }) => {
      if (rate_limits !== undefined) parts.limits.set(rate_limits)
      parts.limits.pass(pass_seconds)
      return { ok: true }
    }),
    frame: route(z.object({ text: z.string() }), ({ text }) => {
      socketOf(parts).sendFrame(text)
      return { ok: true }
    }),
    disconnect: route(z.object({ reason: z.enum(DISCONNECT_REASONS) }), ({ reason }) => {
      socketOf(parts).disconnect(reason)
      return { ok: true }
    }),
    ...createDeliveryRoutes(parts),
    ...createPeopleRoutes(parts),
  }
}

function createPeopleRoutes(parts: EmulatorParts): Record<string, Route> {
  return {
    person: route(NewPerson, (input) => addPerson(parts, input)),
    usergroup: route(NewUsergroup, (input) => setUsergroup(parts, input)),
    channel: route(NewChannel, (input) => addChannel(parts, input)),
    archive: route(Archive, (input) => archiveChannel(parts, input)),
    rename: route(Rename, (input) => renameChannel(parts, input)),
    membership: route(Membership, (input) => setMember(parts, input)),
  }
}

function socketOf({ socket }: EmulatorParts): NonNullable<EmulatorParts['socket']> {
  if (socket === undefined) throw new EmulatorError('conflict', 'there are sockets in Socket Mode only')
  return socket
}

/** `weather` and `sunshine` are the older names, kept for one version. */
function createFaultRoutes(parts: EmulatorParts): Record<string, Route> {
  const inject = route(Fault, (input) => {
    parts.faults.set(input)
    return { ok: true, ...faultsIn(parts) }
  })
  const clear = route(z.object({ method: z.string().optional() }), ({ method }) => {
    parts.faults.clear(method)
    return { ok: true, ...faultsIn(parts) }
  })
  return { faults: inject, weather: inject, 'clear-faults': clear, sunshine: clear }
}

function faultsIn({ faults }: EmulatorParts): Json {
  const all = faults.all()
  return { faults: all, weather: all }
}

/** Creates the routes of GET /local/…: what people see. */
export function createReadRoutes(parts: EmulatorParts): Record<string, Route> {
  return {
    app: route(z.object({}), () => ({
      name: APP.name,
      user: APP.user,
      team: parts.workspace.team.name,
      ...parts.workspace.manifest().features,
      functions: parts.workspace.manifest().functions,
      scopes: parts.workspace.grantedScopes() ?? [],
      optional_scopes: parts.workspace.manifest().optionalScopes,
    })),
    executions: route(z.object({}), () => listExecutions(parts)),
    traffic: route(z.object({}), () => ({ exchanges: parts.traffic.list() })),
    deliveries: route(z.object({}), () => ({ deliveries: parts.events.deliveries() })),
    faults: route(z.object({}), () => faultsIn(parts)),
    weather: route(z.object({}), () => faultsIn(parts)),
    people: route(z.object({}), () => {
      const people = humansOf(parts.workspace)
      const others = parts.workspace.people.values().filter((one) => !people.includes(one))
      return { people, others, usergroups: parts.workspace.usergroups.values() }
    }),
    channels: route(z.object({ as: as.optional() }), (input) => ({
      channels: channelsOf(parts, input.as === undefined ? undefined : findPerson(parts, input.as)),
    })),
    messages: route(z.object({ as, channel: z.string(), thread_ts: ts.optional() }), (input) => {
      const { person, channel } = findInChannel(parts, input.as, input.channel)
      const messages = listVisibleMessages(parts.workspace, person, channel, input.thread_ts)
      return { messages, ...readVisibleSession(parts.workspace, channel, input.thread_ts) }
    }),
    modal: route(z.object({ as }), (input) => {
      const view = parts.modals.top(findPerson(parts, input.as).id)
      return { view: view === undefined ? null : viewObjectOf(view, parts.workspace.team.id) }
    }),
    home: route(z.object({ as, refresh: z.enum(['true', 'false']).default('true') }), async (input) => {
      const person = findPerson(parts, input.as)
      if (input.refresh === 'true') await openHome(parts, person)
      const view = parts.workspace.homes.get(person.id)
      return { view: view === undefined ? null : viewObjectOf(view, parts.workspace.team.id) }
    }),
    suggest: route(
      z.object({
        as,
        action_id: z.string(),
        value: z.string().default(''),
        channel: z.string().optional(),
        ts: ts.optional(),
      }),
      async (input) => ({ options: await listSuggestions(parts, input) }),
    ),
  }
}

/** Presses in the named message, else in the modal on top, else in the Home tab; `view` and `home` choose between the last two. */
async function press(parts: EmulatorParts, input: z.infer<typeof Pressing>): Promise<Json> {
  const { channel, ts: at, home, view } = input
  const inView = home || view || (channel === undefined && at === undefined)
  if (inView) {
    const person = findPerson(parts, input.as)
    const found = findViewToPress(parts, person, input)
    const filled = found.type === 'modal' ? await typeIntoModal(parts, person, input.values) : found
    return { ok: true, dispatched: await pressInView(parts, person, filled, input) }
  }
  if (channel === undefined)
    throw new EmulatorError('input_invalid', 'channel: missing; a button of a message needs it')
  if (at === undefined) throw new EmulatorError('input_invalid', 'ts: missing; a button of a message needs it')
  await pressInMessage(parts, findMessage(parts, input.as, { channel, ts: at }), input)
  return { ok: true }
}
