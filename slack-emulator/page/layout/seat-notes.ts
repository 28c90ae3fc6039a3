import { html } from 'htm/preact'
import { useEffect, useState } from 'preact/hooks'
import { useLiveData } from '../state/live-updates.ts'
import { urlFor } from '../state/location.ts'
import { type PersonInfo, readChannels } from '../state/people.ts'
import { readMark } from '../state/read-marks.ts'
import { useSessionContext } from '../state/session-context.ts'

/** The seats that are looked at: those of the top bar. */
const SEATS = 3
/** What was there before is no news; Slack's timestamps are seconds. */
const OPENED_AT = Date.now() / 1_000

/** Points to other seats whose direct messages hold something unread: what waits for an approver is decided there. */
export function SeatNotes() {
  const { me, people } = useSessionContext()
  const others = people.slice(0, SEATS).filter((one) => one.id !== me.id)
  return html`<div class="seat-notes" role="status">${others.map((one) => html`<${SeatNote} key=${one.id} person=${one} />`)}</div>`
}

function SeatNote({ person }: { person: PersonInfo }) {
  const { app } = useSessionContext()
  const { data } = useLiveData({
    path: 'channels',
    query: { as: person.name },
    when: (news) => news.kind === 'posted',
  })
  useReadElsewhere()
  const dm = data === undefined ? undefined : readChannels(data).find((channel) => channel.dm)
  if (dm === undefined || Number(dm.latest) < OPENED_AT || dm.latest <= readMark(person.name, dm.id)) return null
  return html`<p class="seat-note">${person.realName} has a new message from ${app.name}.${' '}
    <a href=${urlFor(person.name)} target="_blank" rel="noopener">Open ${person.realName}’s seat</a></p>`
}

/** Draws anew when another window of this browser has read something. */
function useReadElsewhere(): void {
  const [, draw] = useState(0)
  useEffect(() => {
    const drawAgain = () => draw((count) => count + 1)
    window.addEventListener('storage', drawAgain)
    return () => window.removeEventListener('storage', drawAgain)
  }, [])
}
