import { html } from 'htm/preact'
import type { ComponentChildren } from 'preact'
import { useId, useLayoutEffect, useRef } from 'preact/hooks'

type Props = { title: string; done: string; onDone(): void; onClose(): void; children?: ComponentChildren }

/** A small form over everything else; Esc closes it. */
export function Dialog({ title, done, onDone, onClose, children }: Props) {
  const id = useId()
  const box = useRef<HTMLDialogElement>(null)
  useLayoutEffect(() => {
    const dialog = box.current
    dialog?.showModal()
    return () => dialog?.close()
  }, [])
  const closing = (act: () => void) => (event: Event) => {
    event.preventDefault()
    act()
  }
  return html`<dialog ref=${box} class="modal confirm" aria-labelledby=${id} onCancel=${closing(onClose)}>
    <form class="modal-form" onSubmit=${closing(onDone)}>
      <div class="modal-head"><h2 id=${id}>${title}</h2></div>
      <div class="modal-body">${children}</div>
      <div class="modal-foot">
        <button type="button" class="button" onClick=${onClose}>Cancel</button>
        <button type="submit" class="button button-primary">${done}</button>
      </div>
    </form>
  </dialog>`
}
