import { query } from '../support/database.ts'

/** What people did, and what Slack heard of it. `lost`: acknowledged, and not in the database. */
export type StormResult = {
  kills: number
  stalls: number
  acked: Record<string, number>
  failed: Record<string, number>
  lost: string[]
  twice: string[]
  open: string[]
  unheard: string[]
}

export const storySentence = (r: StormResult): string =>
  `storm: ${r.kills} kills and ${r.stalls} stalls of the database; acknowledged ${inWords(r.acked)}; failed ${inWords(r.failed)}; ` +
  `${r.lost.length} acknowledged and lost, ${r.twice.length} done twice, ${r.open.length} left open, ${r.unheard.length} requests unheard`

const inWords = (many: Record<string, number>): string =>
  Object.entries(many)
    .map(([kind, count]) => `${count} ${kind}`)
    .join(', ') || 'none'

export const total = (many: Record<string, number>): number => Object.values(many).reduce((sum, one) => sum + one, 0)

export const emptyResult = (): StormResult => ({
  kills: 0,
  stalls: 0,
  acked: {},
  failed: {},
  lost: [],
  twice: [],
  open: [],
  unheard: [],
})

export type Claim = { kind: string; what: string; sql: string; values: unknown[] }
export type Note = {
  claims: Claim[]
  result: StormResult
  tell(kind: string, acked: boolean): void
}

export function noteIn(result: StormResult): Note {
  return {
    claims: [],
    result,
    tell(kind, acked) {
      const many = acked ? result.acked : result.failed
      many[kind] = (many[kind] ?? 0) + 1
    },
  }
}

/** A form that shows an error keeps what was typed. */
const isRefusal = (answer: unknown): boolean =>
  typeof answer === 'object' && answer !== null && 'ok' in answer && answer.ok === false

/** Does something that Slack acknowledges or not; what was acknowledged is looked for in the database. */
export async function doAndNote(note: Note, claim: Claim, act: () => Promise<unknown>): Promise<void> {
  const acked = await act().then(
    (answer) => !isRefusal(answer),
    (error: unknown) => {
      if (!/app_failed|app did not|connection|failed|HTTP/i.test(String(error))) throw error
      return false
    },
  )
  note.tell(claim.kind, acked)
  if (acked) note.claims.push(claim)
}

/** Whatever was acknowledged stands in the database; nothing is pressed again before this is known. */
export async function confirm(url: string, note: Note): Promise<void> {
  for (const { kind, what, sql, values } of note.claims.splice(0)) {
    const found = await query(url, sql, values)
    if (found.length === 0) note.result.lost.push(`${kind} ${what}`)
  }
}
