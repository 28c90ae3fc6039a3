import { createHmac } from 'node:crypto'

/** Sends what Slack would send, with its signature, of whoever one likes. `team`: whose message or view it is. */
export type Forger = ReturnType<typeof forgerAt>

type From = { url: string; signingSecret: string; responseUrl: string; team: string; user: string; channel: string }

export function forgerAt({ url, signingSecret, responseUrl, team, user, channel }: From) {
  const send = async (fields: Record<string, string>) => {
    const body = new URLSearchParams(fields).toString()
    const at = String(Math.floor(Date.now() / 1_000))
    const hash = createHmac('sha256', signingSecret).update(`v0:${at}:${body}`).digest('hex')
    const headers = {
      'content-type': 'application/x-www-form-urlencoded',
      'x-slack-request-timestamp': at,
      'x-slack-signature': `v0=${hash}`,
    }
    const answer = await fetch(`${url}/slack/events`, { method: 'POST', body, headers })
    return { status: answer.status, text: await answer.text() }
  }
  let count = 0
  const common = () => {
    count += 1
    const ts = `1795000000.${String(count).padStart(6, '0')}`
    return {
      ts,
      payload: { team: { id: team, domain: 'x' }, user: { id: user, team_id: team }, trigger_id: `forged-${ts}` },
    }
  }
  const viewOf = (callback_id: string, metadata: string, values: object) => ({
    id: `V${count}`,
    hash: `h${count}`,
    type: 'modal',
    callback_id,
    private_metadata: metadata,
    state: { values },
    blocks: [],
  })
  return {
    /** A press in a message, or with `metadata` in a view. */
    press(action_id: string, value: string, metadata?: string) {
      const { ts, payload } = common()
      const message = { type: 'message', message_ts: '1794000000.000200', channel_id: channel }
      const place =
        metadata === undefined
          ? {
              container: message,
              channel: { id: channel },
              message: { ts: message.message_ts, blocks: [] },
              response_url: responseUrl,
            }
          : { view: viewOf('forged', metadata, {}) }
      const actions = [{ type: 'button', action_id, block_id: 'b', action_ts: ts, value }]
      return send({ payload: JSON.stringify({ ...payload, type: 'block_actions', ...place, actions }) })
    },
    submit(callback: string, metadata: string, values: object) {
      const { payload } = common()
      const view = viewOf(callback, metadata, values)
      return send({ payload: JSON.stringify({ ...payload, type: 'view_submission', view }) })
    },
    close(callback: string, metadata: string) {
      const { payload } = common()
      const view = viewOf(callback, metadata, {})
      return send({ payload: JSON.stringify({ ...payload, type: 'view_closed', view }) })
    },
    command(text: string) {
      const { payload } = common()
      const where = { channel_id: channel, response_url: responseUrl, trigger_id: payload.trigger_id }
      return send({ command: '/mcp', team_id: team, user_id: user, text, ...where })
    },
  }
}
