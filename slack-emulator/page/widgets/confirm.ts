import { html } from 'htm/preact'
import { useId, useLayoutEffect, useRef } from 'preact/hooks'
import { type JsonRecord, readText } from '../state/read-json.ts'
import { renderTextObject } from '../text/text-object.ts'

type Props = { ask: JsonRecord; onYes(): void; onNo(): void }

/** The confirmation that an app wants before an action. */
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
    <div class="modal-head"><h2 id=${id}>${renderTextObject(ask.title)}</h2></div>
    <div class="modal-body">${renderTextObject(ask.text)}</div>
    <div class="modal-foot">
      <button type="button" class="button" onClick=${onNo}>${readText(ask.deny) || 'Cancel'}</button>
      <button type="button" class=${yes} onClick=${onYes}>${readText(ask.confirm) || 'Yes'}</button>
    </div>
  </dialog>`
}
