import { html } from 'htm/preact'
import { useState } from 'preact/hooks'
import { upload, wordsOf } from './api.ts'
import { useDesk, useSurface } from './desk.ts'
import { useChange } from './element-choices.ts'
import { controlOf, type ElementProps } from './field.ts'
import { type Json, record, records, str, strings, textOf } from './read.ts'

const KINDS: Record<string, string> = { email_text_input: 'email', url_text_input: 'url', plain_text_input: 'text' }

/** Whether the app wants to hear of each letter, or of Enter. */
const dispatches = (element: Json, when: string): boolean => {
  const wanted = strings(record(element.dispatch_action_config).trigger_actions_on)
  return (wanted.length === 0 ? ['on_enter_pressed'] : wanted).includes(when)
}

/** What a person types is kept as they type; the app is told when its configuration says so. */
function useTyping(props: ElementProps) {
  const { element, block } = props
  const { form } = useSurface()
  const change = useChange(props)
  const blockId = str(block.block_id)
  return {
    value: form.value(blockId, element),
    type: (value: unknown) => {
      if (block.dispatch_action === true && dispatches(element, 'on_character_entered')) change(value)
      else form.change(blockId, element, value)
    },
    enter: (event: KeyboardEvent, value: unknown) => {
      if (event.key !== 'Enter' || block.dispatch_action !== true || !dispatches(element, 'on_enter_pressed')) return
      event.preventDefault()
      change(value)
    },
    question: change.question,
  }
}

const typed = (event: Event): string => {
  const { target } = event
  return target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement ? target.value : ''
}

export function TextField(props: ElementProps) {
  const { element } = props
  const { value, type, enter } = useTyping(props)
  const common = {
    ...controlOf(props, textOf(element.placeholder) || 'Text'),
    class: 'text-field',
    value: str(value),
    placeholder: textOf(element.placeholder),
    maxLength: element.max_length,
    onInput: (event: Event) => type(typed(event)),
  }
  if (element.multiline === true) return html`<textarea ...${common} rows="4"></textarea>`
  const kind = KINDS[str(element.type)] ?? 'text'
  return html`<input ...${common} type=${kind} autocomplete="off" spellcheck=${false} onKeyDown=${(event: KeyboardEvent) => enter(event, typed(event))} />`
}

export function NumberField(props: ElementProps) {
  const { element } = props
  const { value, type, enter } = useTyping(props)
  const decimal = element.is_decimal_allowed === true
  return html`<input ...${controlOf(props, textOf(element.placeholder) || 'Number')} class="text-field" type="text" inputmode=${decimal ? 'decimal' : 'numeric'} autocomplete="off"
    value=${str(value)} placeholder=${textOf(element.placeholder)} onInput=${(event: Event) => type(typed(event))} onKeyDown=${(event: KeyboardEvent) => enter(event, typed(event))} />`
}

/** Rich text is typed as plain lines here; each becomes a paragraph of the rich_text the app gets. */
export function RichField(props: ElementProps) {
  const { element } = props
  const { value, type } = useTyping(props)
  return html`<textarea ...${controlOf(props, textOf(element.placeholder) || 'Text')} class="text-field" rows=${str(element.min_lines) || '4'}
    placeholder=${textOf(element.placeholder)} value=${wordsOfRich(value)} onInput=${(event: Event) => type(richOf(typed(event)))}></textarea>`
}

const wordsOfRich = (value: unknown): string =>
  records(record(value).elements)
    .flatMap((part) => records(part.elements).map((piece) => str(piece.text)))
    .join('')

const richOf = (text: string): Json | string =>
  text === ''
    ? ''
    : { type: 'rich_text', elements: [{ type: 'rich_text_section', elements: [{ type: 'text', text }] }] }

const DATES: Record<string, [kind: string, slot: string]> = {
  datepicker: ['date', 'Date'],
  timepicker: ['time', 'Time'],
  datetimepicker: ['datetime-local', 'Date and time'],
}

export function DateField(props: ElementProps) {
  const { element, block } = props
  const { form } = useSurface()
  const change = useChange(props)
  const [kind, words] = DATES[str(element.type)] ?? ['text', '']
  const value = form.value(str(block.block_id), element)
  const shown = kind === 'datetime-local' ? localOf(str(value)) : str(value)
  const set = (event: Event) => change(kind === 'datetime-local' ? secondsOf(typed(event)) : typed(event))
  return html`<input ...${controlOf(props, textOf(element.placeholder) || words)} class="text-field date-field" type=${kind} value=${shown} onChange=${set} />${change.question}`
}

/** UNIX seconds as a local date and time, in the form the browser's field takes. */
function localOf(seconds: string): string {
  if (seconds === '') return ''
  const at = new Date(Number(seconds) * 1000)
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16)
}

const secondsOf = (local: string): string => (local === '' ? '' : String(Math.floor(new Date(local).getTime() / 1000)))

export function FileField(props: ElementProps) {
  const { element, block } = props
  const { me, say } = useDesk()
  const { form } = useSurface()
  const [names, setNames] = useState<string[]>([])
  const take = async (event: Event) => {
    const files = event.target instanceof HTMLInputElement ? [...(event.target.files ?? [])] : []
    try {
      const ids = await Promise.all(files.map((file) => upload(me.name, file)))
      form.change(str(block.block_id), element, ids)
      setNames(files.map((file) => file.name))
    } catch (error) {
      say(wordsOf(error))
    }
  }
  const kinds = strings(element.filetypes).map((kind) => `.${kind}`)
  return html`<div class="file-field">
    <input ...${controlOf(props, 'Files')} type="file" multiple=${element.max_files !== 1} accept=${kinds.join(',')} onChange=${take} />
    ${names.length > 0 && html`<div class="quiet" aria-live="polite">Uploaded: ${names.join(', ')}</div>`}
  </div>`
}
