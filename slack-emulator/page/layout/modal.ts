import { html } from 'htm/preact'
import { useId, useLayoutEffect, useRef, useState } from 'preact/hooks'
import { Blocks } from '../blocks/blocks.ts'
import { useViewSurface } from '../state/form-state.ts'
import { type JsonRecord, readRecord, readRecords, readString, readText } from '../state/read-json.ts'
import { SurfaceProvider, useSessionContext } from '../state/session-context.ts'
import { renderTextObject } from '../text/text-object.ts'
import { Icon } from '../widgets/icon.ts'

/** The modal on top; the browser's dialog keeps the focus inside and handles Esc. */
export function Modal({ view }: { view: JsonRecord }) {
  const { act, app, error } = useSessionContext()
  const id = useId()
  const box = useRef<HTMLDialogElement>(null)
  const [state, setState] = useState<{ busy: boolean; errors: Record<string, string> }>(fresh)
  const { surface, values } = useViewSurface(view, state.errors)
  useOpen(box, readString(view.hash))
  // The focus must move in this frame, or the next letter goes elsewhere.
  useLayoutEffect(() => focusWrong(box.current), [box, state.errors])

  const submit = async (event: Event) => {
    event.preventDefault()
    if (state.busy) return
    setState({ ...state, busy: true })
    const answer = await act('submit', { values })
    const errors = Object.entries(readRecord(answer?.errors)).map(([block, words]) => [block, readString(words)])
    setState({ busy: false, errors: Object.fromEntries(errors) })
  }
  const close = (event: Event) => {
    event.preventDefault()
    void act('close', {})
  }
  const blocks = readRecords(view.blocks)
  const submits = view.submit !== null || blocks.some((block) => block.type === 'input')
  return html`<dialog ref=${box} class="modal" aria-labelledby=${id} onCancel=${close}>
    <form class="modal-form" novalidate onSubmit=${submit}>
      <header class="modal-head">
        <span class="avatar avatar-app small" aria-hidden="true">P</span>
        <h2 id=${id} tabindex="-1">${renderTextObject(view.title)}</h2>
        <button type="button" class="icon-button" aria-label="Close" onClick=${close}><${Icon} name="close" /></button>
      </header>
      <div class="modal-body" tabindex="-1">
        ${error !== '' && html`<div class="block-alert alert-error modal-trouble" role="alert">${error}</div>`}
        <${SurfaceProvider} value=${surface}><${Blocks} blocks=${blocks} /></${SurfaceProvider}>
      </div>
      <footer class="modal-foot">
        <span class="modal-by quiet">${app.name}</span>
        <button type="button" class="button" onClick=${close}>${readText(view.close) || (submits ? 'Cancel' : 'Close')}</button>
        ${submits && html`<button type="submit" class="button button-primary" aria-busy=${state.busy}>${readText(view.submit) || 'Submit'}</button>`}
      </footer>
    </form>
  </dialog>`
}

const fresh = { busy: false, errors: {} }

/** Opens the dialog, and restores the focus when new content has removed the focused element. */
function useOpen(box: { current: HTMLDialogElement | null }, hash: string): void {
  useLayoutEffect(() => {
    const dialog = box.current
    dialog?.showModal()
    // The browser focuses the first button, which closes the modal.
    dialog?.querySelector<HTMLElement>('.modal-body')?.focus()
    return () => {
      // Closing returns the focus; removing the dialog does not.
      dialog?.close()
      // What had it may be gone: a button that was answered.
      if (document.activeElement === document.body) document.querySelector<HTMLElement>('.main .composer-text')?.focus()
    }
  }, [box])
  // The hash changes with the content.
  useLayoutEffect(() => {
    const dialog = box.current
    if (dialog === null) return
    const active = document.activeElement
    if (active !== null && !active.matches('body, .modal-body') && dialog.contains(active)) return
    const wanted = dialog.querySelector<HTMLElement>('.modal-body [autofocus]') ?? firstField(dialog)
    wanted?.focus()
  }, [box, hash])
}

const firstField = (dialog: HTMLElement): HTMLElement | null =>
  dialog.querySelector<HTMLElement>('.modal-body :is(input, textarea):not(:disabled)') ?? dialog.querySelector('h2')

function focusWrong(dialog: HTMLElement | null): void {
  const wrong = dialog?.querySelector<HTMLElement>('.is-wrong')
  wrong?.querySelector<HTMLElement>('input, textarea')?.focus()
  // The error is below the field.
  wrong?.scrollIntoView({ block: 'nearest' })
}
