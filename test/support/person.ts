import { expect } from 'vitest'
import { z } from 'zod'
import { eventually } from './eventually.ts'

const Block = z.looseObject({ type: z.string() })
const Message = z.looseObject({
  ts: z.string(),
  thread_ts: z.string().optional(),
  from: z.string(),
  text: z.string(),
  blocks: z.array(Block).optional(),
  ephemeral: z.boolean().optional(),
  files: z.array(z.looseObject({ name: z.string() })).optional(),
  streaming: z.boolean().optional(),
})
export type SeenMessage = z.infer<typeof Message>

type Where = { channel: string; thread: string }

/** A person's seat in the local workspace, through its control API: what they can do, and what they can see. */
export type Seat = ReturnType<typeof personIn>

export function personIn(slackUrl: string, who: 'owner' | 'approver' | 'member') {
  const post = async (path: string, body: object): Promise<Record<string, unknown>> => {
    const answer = await fetch(`${slackUrl}/local/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ as: who, ...body }),
    })
    const json = z.record(z.string(), z.unknown()).parse(await answer.json())
    if (!answer.ok) throw new Error(`${path}: ${JSON.stringify(json)}`)
    return json
  }
  /** People act once a minute, on the clock of Slack's rate limits. */
  const act = async (path: string, body: object) => {
    await post('limits', { pass_seconds: 60 })
    return post(path, body)
  }
  const get = async (path: string, query: Record<string, string>): Promise<unknown> => {
    const answer = await fetch(`${slackUrl}/local/${path}?${new URLSearchParams({ as: who, ...query })}`)
    if (!answer.ok) throw new Error(`${path}: ${await answer.text()}`)
    return answer.json()
  }
  const messages = async (channel: string, thread?: string): Promise<SeenMessage[]> => {
    const answer = await get('messages', { channel, ...(thread !== undefined && { thread_ts: thread }) })
    return z.object({ messages: z.array(Message) }).parse(answer).messages
  }
  const said = async (channel: string, text: string, thread?: string): Promise<Where> => {
    const { ts } = z
      .object({ ts: z.string() })
      .parse(await act('say', { channel, text, ...(thread !== undefined && { thread_ts: thread }) }))
    return { channel, thread: thread ?? ts }
  }
  const see = (where: Where, what: RegExp, withinMs?: number) =>
    eventually(async () => {
      const all = await messages(where.channel, where.thread)
      const found = all.find((one) => what.test(lookOf(one)))
      expect(found, `nothing like ${what} among:\n${all.map(lookOf).join('\n---\n')}`).toBeDefined()
      return Message.parse(found)
    }, withinMs)
  const modal = async () =>
    z.object({ view: z.record(z.string(), z.unknown()).nullable() }).parse(await get('modal', {})).view

  /** Sends the form that Deny opens. */
  const sendDenial = async (words = '') => {
    await eventually(async () => expect(await modal()).toMatchObject({ callback_id: 'approval_deny' }))
    return act('submit', { values: words === '' ? {} : { reason: words } })
  }

  return {
    who,
    post,
    messages,
    modal,
    see,
    home: () => get('home', {}),
    /** Says something to the app in the person's own DM. */
    dm: (text: string, thread?: string) => said('dm', text, thread),
    say: said,
    mention: (text: string, channel = 'general', thread?: string) => said(channel, `@Patchbay ${text}`, thread),
    command: (text: string, channel = 'dm') => act('command', { channel, text }),
    submit: (values: Record<string, unknown> = {}) => act('submit', { values }),
    close: () => post('close', {}),
    press: (where: { channel: string }, ts: string, button: string) =>
      act('press', { channel: where.channel, ts, button }),
    pressInModal: (button: string, value?: string) =>
      act('press', { view: true, button, ...(value !== undefined && { value }) }),
    pressInHome: (button: string, value?: string) =>
      act('press', { home: true, button, ...(value !== undefined && { value }) }),
    sendDenial,
    /** Presses Deny and sends its form. */
    async deny(where: { channel: string }, ts: string, words?: string) {
      await act('press', { channel: where.channel, ts, button: 'Deny' })
      return sendDenial(words)
    },
    /** Waits for the approval card of a thread and presses one of its buttons; a denial is sent without words. */
    async decide(where: Where, button: string): Promise<SeenMessage> {
      // The word may stand in a message before its button does.
      const pressed = await eventually(async () => {
        const card = await see(where, new RegExp(`\\b${button}\\b`))
        await act('press', { channel: where.channel, ts: card.ts, button })
        return card
      })
      if (button === 'Deny') await sendDenial()
      return pressed
    },
    /** Connects a card through the modal, as a person would, and waits for the confirmation. */
    async connect(card: string, values: Record<string, unknown> = {}): Promise<void> {
      await act('command', { channel: 'dm', text: `connect ${card}` })
      await eventually(async () => expect(await modal()).not.toBeNull())
      expect(await post('submit', { values })).toMatchObject({ ok: true })
      await eventually(async () => expect(JSON.stringify(await modal())).toContain('Connected!'), 60_000)
      await post('close', {})
    },
  }
}

/** All that is to be seen of a message, as text. */
export const lookOf = (message: SeenMessage): string =>
  [
    message.text,
    ...(message.blocks ?? []).map((block) => JSON.stringify(block)),
    ...(message.files ?? []).map((file) => `file ${file.name}`),
  ].join('\n')
