import { html } from 'htm/preact'
import { useState } from 'preact/hooks'
import { useSessionContext } from '../state/session-context.ts'
import { Dialog } from '../widgets/dialog.ts'

type Props = { channel: string; ts: string; onClose(): void }

/** Asks where a message should go, and with which words. */
export function ForwardDialog({ channel, ts, onClose }: Props) {
  const { channels, app, act } = useSessionContext()
  const open = channels.filter((one) => !one.archived)
  const [to, setTo] = useState(open.find((one) => one.dm)?.id ?? channel)
  const [text, setText] = useState('')
  const forward = () => {
    onClose()
    void act('forward', { channel, ts, to, text })
  }
  const choose = ({ target }: Event) => target instanceof HTMLSelectElement && setTo(target.value)
  const note = ({ target }: Event) => target instanceof HTMLTextAreaElement && setText(target.value)
  return html`<${Dialog} title="Forward this message" done="Forward" onDone=${forward} onClose=${onClose}>
    <label class="dialog-field">To<select class="text-field" value=${to} onChange=${choose}>
      ${open.map((one) => html`<option value=${one.id} selected=${one.id === to}>${one.dm ? app.name : `#${one.name}`}</option>`)}
    </select></label>
    <label class="dialog-field">Message (optional)<textarea class="text-field" rows="2" value=${text} onInput=${note}></textarea></label>
  </${Dialog}>`
}
