import { z } from 'zod'
import { LIMITS } from '../../block-kit/limits.ts'
import { AppError } from '../../errors.ts'
import { readAppManifest } from './app-manifest.ts'
import { sharedFiles } from './attach.ts'
import { withIds } from './blocks.ts'
import { command } from './command.ts'
import { shownMessages, shownSession } from './control-answers.ts'
import { channelsOf, openHome, suggestions } from './looks.ts'
import { viewObject } from './modals.ts'
import type { Stage } from './payloads.ts'
import { setMember, stopSession, uninstall } from './people-acts.ts'
import { pressInMessage, pressInView } from './press.ts'
import type { Json } from './records.ts'
import { checkThread, inChannel, personNamed, seenMessage, topModal, viewToPress } from './scene.ts'
import { APP, PEOPLE } from './seed.ts'
import { shortcut } from './shortcut.ts'
import { closeModal, submit, typeInto } from './submit.ts'
import { upload } from './upload.ts'
import { encodeWords, richWords } from './words.ts'

/** One way a person can act, or look: its input, and what it does. */
export type Route = (input: unknown) => Promise<Json>

function route<T>(shape: z.ZodType<T>, act: (input: T) => Json | Promise<Json>): Route {
  return async (input) => {
    const parsed = shape.safeParse(input)
    if (parsed.success) return act(parsed.data)
    const [issue] = parsed.error.issues
    throw new AppError('input_invalid', `${issue?.path.join('.') || 'body'}: ${issue?.message ?? 'invalid'}`)
  }
}

/** As many as Slack takes in one message. */
const MAX_FILES = 20

const as = z.string()
const ts = z.string()
const Say = z.object({
  as,
  channel: z.string(),
  text: z.string().max(LIMITS.message.textMax).default(''),
  thread_ts: ts.optional(),
  /** Ids from /local/attach. */
  files: z.array(z.string()).max(MAX_FILES).default([]),
})
const Command = z.object({
  as,
  channel: z.string(),
  text: z.string(),
  thread_ts: ts.optional(),
  command: z.string().startsWith('/').default('/mcp'),
})
/** `values` is what else stands in the form: the app sees it in `view.state`. */
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
  /** The workspace of a person from elsewhere, in a channel that several companies share. */
  team: z.string().optional(),
})
const Shortcut = z.object({ as, callback_id: z.string(), channel: z.string().optional(), ts: ts.optional() })

const Weather = z.object({
  method: z.string().default('*'),
  status: z.coerce.number().int().min(400).max(599).optional(),
  delay: z.coerce.number().int().min(1).max(60_000).optional(),
  error: z.string().min(1).optional(),
  retry_after: z.coerce.number().int().min(1).max(3_600).optional(),
  times: z.coerce.number().int().min(1).max(100_000).default(1),
})

/** POST /local/…: what people do. */
export function actions(stage: Stage): Record<string, Route> {
  return {
    say: route(Say, (input) => say(stage, input)),
    command: route(Command, async (input) => {
      if (input.thread_ts !== undefined) throw new AppError('conflict', 'slash commands do not run in threads')
      await command(stage, inChannel(stage, input.as, input.channel), input.command, input.text)
      return { ok: true }
    }),
    press: route(Pressing, (input) => press(stage, input)),
    submit: route(z.object({ as, values: z.record(z.string(), z.unknown()).default({}) }), (input) => {
      const person = personNamed(stage, input.as)
      return submit(stage, person, topModal(stage, person), input.values)
    }),
    close: route(z.object({ as, all: z.boolean().default(false) }), (input) => {
      const { user } = topModal(stage, personNamed(stage, input.as))
      closeModal(stage, personNamed(stage, user), input.all)
      return { ok: true }
    }),
    shortcut: route(Shortcut, async ({ as: name, callback_id, channel, ts: at }) => {
      const seen = channel === undefined || at === undefined ? undefined : seenMessage(stage, name, { channel, ts: at })
      await shortcut(stage, personNamed(stage, name), callback_id, seen)
      return { ok: true }
    }),
    stop: route(z.object({ as, channel: z.string(), thread_ts: ts }), (input) =>
      stopSession(stage, inChannel(stage, input.as, input.channel), input.thread_ts),
    ),
    open: route(z.object({ as }), (input) => {
      const { person, channel } = inChannel(stage, input.as, 'dm')
      stage.workspace.tell({ kind: 'home_opened', user: person.id, tab: 'messages', channel: channel.id })
      return { ok: true, channel: channel.id }
    }),
    uninstall: route(z.object({}), () => uninstall(stage)),
    upload: route(z.record(z.string(), z.unknown()), (input) => upload(stage, input)),
    weather: route(Weather, (input) => {
      stage.forecast.set(input)
      return { ok: true, weather: stage.forecast.all() }
    }),
    sunshine: route(z.object({ method: z.string().optional() }), ({ method }) => {
      stage.forecast.clear(method)
      return { ok: true, weather: stage.forecast.all() }
    }),
    limits: route(z.object({ rate_limits: z.enum(['strict', 'generous']) }), ({ rate_limits }) => {
      stage.limits.set(rate_limits)
      return { ok: true, rate_limits }
    }),
    membership: route(z.object({ channel: z.string(), user: z.string(), member: z.boolean() }), (input) =>
      setMember(stage, input),
    ),
  }
}

/** GET /local/…: what people see. */
export function looks(stage: Stage): Record<string, Route> {
  return {
    app: route(z.object({}), () => ({
      name: APP.name,
      user: APP.user,
      team: stage.workspace.team.name,
      ...readAppManifest(),
    })),
    traffic: route(z.object({}), () => ({ exchanges: stage.traffic.list() })),
    deliveries: route(z.object({}), () => ({ deliveries: stage.deliveries() })),
    weather: route(z.object({}), () => ({ weather: stage.forecast.all() })),
    people: route(z.object({}), () => ({ people: PEOPLE.filter((one) => !one.bot) })),
    channels: route(z.object({ as: as.optional() }), (input) => ({
      channels: channelsOf(stage, input.as === undefined ? undefined : personNamed(stage, input.as)),
    })),
    messages: route(z.object({ as, channel: z.string(), thread_ts: ts.optional() }), (input) => {
      const { person, channel } = inChannel(stage, input.as, input.channel)
      const messages = shownMessages(stage.workspace, person, channel, input.thread_ts)
      return { messages, ...shownSession(stage.workspace, channel, input.thread_ts) }
    }),
    modal: route(z.object({ as }), (input) => {
      const view = stage.modals.top(personNamed(stage, input.as).id)
      return { view: view === undefined ? null : viewObject(view, stage.workspace.team.id) }
    }),
    home: route(z.object({ as, refresh: z.enum(['true', 'false']).default('true') }), async (input) => {
      const person = personNamed(stage, input.as)
      if (input.refresh === 'true') await openHome(stage, person)
      const view = stage.workspace.homes.get(person.id)
      return { view: view === undefined ? null : viewObject(view, stage.workspace.team.id) }
    }),
    suggest: route(
      z.object({
        as,
        action_id: z.string(),
        value: z.string().default(''),
        channel: z.string().optional(),
        ts: ts.optional(),
      }),
      async (input) => ({ options: await suggestions(stage, input) }),
    ),
  }
}

function say(stage: Stage, input: z.infer<typeof Say>): Json {
  const { person, channel } = inChannel(stage, input.as, input.channel)
  if (input.thread_ts !== undefined) checkThread(stage, channel, input.thread_ts)
  if (input.text === '' && input.files.length === 0)
    throw new AppError('input_invalid', 'text: say something, or attach a file')
  const text = encodeWords(input.text)
  const said = stage.workspace.post({
    channel: channel.id,
    user: person.id,
    text,
    ...(text === '' ? {} : { blocks: withIds([richWords(text)]) }),
    ...sharedFiles(stage, channel, input.files),
    ...(input.thread_ts === undefined ? {} : { thread_ts: input.thread_ts }),
  })
  return { ok: true, channel: channel.id, ts: said.ts }
}

/** In the message named, else in the modal on top, else in the Home tab; `view` and `home` say which of the last two. */
async function press(stage: Stage, input: z.infer<typeof Pressing>): Promise<Json> {
  const { channel, ts: at, home, view } = input
  const inView = home || view || (channel === undefined && at === undefined)
  if (inView) {
    const person = personNamed(stage, input.as)
    const found = viewToPress(stage, person, input)
    const filled = found.type === 'modal' ? await typeInto(stage, person, input.values) : found
    return { ok: true, dispatched: await pressInView(stage, person, filled, input) }
  }
  if (channel === undefined) throw new AppError('input_invalid', 'channel: missing; a button of a message needs it')
  if (at === undefined) throw new AppError('input_invalid', 'ts: missing; a button of a message needs it')
  await pressInMessage(stage, seenMessage(stage, input.as, { channel, ts: at }), input)
  return { ok: true }
}
