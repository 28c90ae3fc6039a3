import { html } from 'htm/preact'
import { useState } from 'preact/hooks'
import { errorTextOf, uploadFile } from '../state/api.ts'
import { type JsonRecord, readRecord, readRecords, readString, readStrings, readText } from '../state/read-json.ts'
import { useSessionContext, useSurface } from '../state/session-context.ts'
import { useChange } from './choices.ts'
import { controlAttributesOf, type ElementProps } from './field.ts'

const KINDS: Record<string, string> = { email_text_input: 'email', url_text_input: 'url', plain_text_input: 'text' }

/** Whether the app is told of each letter, or of Enter. */
const dispatches = (element: JsonRecord, when: string): boolean => {
  const wanted = readStrings(readRecord(element.dispatch_action_config).trigger_actions_on)
  return (wanted.length === 0 ? ['on_enter_pressed'] : wanted).includes(when)
}

/** Keeps the text as it is typed; the app is told as its `dispatch_action_config` says. */
function useTyping(props: ElementProps) {
  const { element, block } = props
  const { form } = useSurface()
  const change = useChange(props)
  const blockId = readString(block.block_id)
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
    ...controlAttributesOf(props, readText(element.placeholder) || 'Text'),
    class: 'text-field',
    value: readString(value),
    placeholder: readText(element.placeholder),
    maxLength: element.max_length,
    onInput: (event: Event) => type(typed(event)),
  }
  if (element.multiline === true) return html`<textarea ...${common} rows="4"></textarea>`
  const kind = KINDS[readString(element.type)] ?? 'text'
  return html`<input ...${common} type=${kind} autocomplete="off" spellcheck=${false} onKeyDown=${(event: KeyboardEvent) => enter(event, typed(event))} />`
}

export function NumberField(props: ElementProps) {
  const { element } = props
  const { value, type, enter } = useTyping(props)
  const decimal = element.is_decimal_allowed === true
  return html`<input ...${controlAttributesOf(props, readText(element.placeholder) || 'Number')} class="text-field" type="text" inputmode=${decimal ? 'decimal' : 'numeric'} autocomplete="off"
    value=${readString(value)} placeholder=${readText(element.placeholder)} onInput=${(event: Event) => type(typed(event))} onKeyDown=${(event: KeyboardEvent) => enter(event, typed(event))} />`
}

/** Rich text is typed as plain text here and sent as a rich_text section. */
export function RichField(props: ElementProps) {
  const { element } = props
  const { value, type } = useTyping(props)
  return html`<textarea ...${controlAttributesOf(props, readText(element.placeholder) || 'Text')} class="text-field" rows=${readString(element.min_lines) || '4'}
    placeholder=${readText(element.placeholder)} value=${wordsOfRich(value)} onInput=${(event: Event) => type(richOf(typed(event)))}></textarea>`
}

const wordsOfRich = (value: unknown): string =>
  readRecords(readRecord(value).elements)
    .flatMap((part) => readRecords(part.elements).map((piece) => readString(piece.text)))
    .join('')

const richOf = (text: string): JsonRecord | string =>
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
  const [kind, words] = DATES[readString(element.type)] ?? ['text', '']
  const value = form.value(readString(block.block_id), element)
  const shown = kind === 'datetime-local' ? localOf(readString(value)) : readString(value)
  const set = (event: Event) => change(kind === 'datetime-local' ? secondsOf(typed(event)) : typed(event))
  return html`<input ...${controlAttributesOf(props, readText(element.placeholder) || words)} class="text-field date-field" type=${kind} value=${shown} onChange=${set} />${change.question}`
}

/** UNIX seconds as the local date and time that the browser's field takes. */
function localOf(seconds: string): string {
  if (seconds === '') return ''
  const at = new Date(Number(seconds) * 1000)
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16)
}

const secondsOf = (local: string): string => (local === '' ? '' : String(Math.floor(new Date(local).getTime() / 1000)))

export function FileField(props: ElementProps) {
  const { element, block } = props
  const { me, showError } = useSessionContext()
  const { form } = useSurface()
  const [names, setNames] = useState<string[]>([])
  const take = async (event: Event) => {
    const files = event.target instanceof HTMLInputElement ? [...(event.target.files ?? [])] : []
    try {
      const ids = await Promise.all(files.map((file) => uploadFile(me.name, file)))
      form.change(readString(block.block_id), element, ids)
      setNames(files.map((file) => file.name))
    } catch (error) {
      showError(errorTextOf(error))
    }
  }
  const kinds = readStrings(element.filetypes).map((kind) => `.${kind}`)
  return html`<div class="file-field">
    <input ...${controlAttributesOf(props, 'Files')} type="file" multiple=${element.max_files !== 1} accept=${kinds.join(',')} onChange=${take} />
    ${names.length > 0 && html`<div class="quiet" aria-live="polite">Uploaded: ${names.join(', ')}</div>`}
  </div>`
}
