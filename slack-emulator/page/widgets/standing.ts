import { html } from 'htm/preact'
import type { PersonInfo } from '../state/people.ts'

const WORDS: Record<string, string> = {
  guest: 'Guest',
  single_channel_guest: 'Guest',
  deactivated: 'Deactivated',
  stranger: 'External',
}

/** Says of somebody that they are an app, or no full member of this workspace. */
export function Standing({ person }: { person: PersonInfo | undefined }) {
  const words = person?.bot === true ? 'APP' : WORDS[person?.standing ?? '']
  return words === undefined ? null : html`<span class="badge">${words}</span>`
}
