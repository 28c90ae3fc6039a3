import { html } from 'htm/preact'
import { useId, useLayoutEffect, useRef } from 'preact/hooks'
import { type Json, textOf } from './read.ts'
import { paintText } from './text-object.ts'

type Props = { ask: Json; onYes(): void; onNo(): void }

/** The question an app wants asked before an element acts. */
export function Confirm({ ask, onYes, onNo }: Props) {
  const id = useId()
  const box = useRef<HTMLDialogElement>(null)
  useLayoutEffect(() => {
    const dialog = box.current
    dialog?.showModal()
    return () => dialog?.close()
  }, [])
  const cancel = (event: Event) => {
    event.preventDefault()
    onNo()
  }
  const yes = ask.style === 'danger' ? 'button button-danger-full' : 'button button-primary'
  return html`<dialog ref=${box} class="modal confirm" aria-labelledby=${id} onCancel=${cancel}>
    <div class="modal-head"><h2 id=${id}>${paintText(ask.title)}</h2></div>
    <div class="modal-body">${paintText(ask.text)}</div>
    <div class="modal-foot">
      <button type="button" class="button" onClick=${onNo}>${textOf(ask.deny) || 'Cancel'}</button>
      <button type="button" class=${yes} onClick=${onYes}>${textOf(ask.confirm) || 'Yes'}</button>
    </div>
  </dialog>`
}
