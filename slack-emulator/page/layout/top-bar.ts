import { html } from 'htm/preact'
import { urlFor } from '../state/location.ts'
import type { PersonInfo } from '../state/people.ts'
import { useSessionContext } from '../state/session-context.ts'
import { useTheme } from '../state/theme.ts'
import { Avatar } from '../widgets/avatar.ts'
import { Icon } from '../widgets/icon.ts'

/** The seats that are offered beside one's own; the sidebar has all. */
const SEATS = 3

const seatsOf = (people: PersonInfo[], me: PersonInfo) =>
  people.filter((one, index) => index < SEATS || one.id === me.id)

type Props = { drawer: boolean; onDrawer(): void; onMenu(): void; menu: boolean }

export function TopBar({ drawer, onDrawer, onMenu, menu }: Props) {
  const { app, me, people } = useSessionContext()
  const [theme, turn] = useTheme()
  return html`<header class="top">
    <button type="button" class="icon-button menu-button" aria-label="Conversations" aria-expanded=${menu} onClick=${onMenu}><${Icon} name="menu" /></button>
    <span class="team">${app.team}</span>
    <div class="seats" role="group" aria-label="Who you are">
      ${seatsOf(people, me).map(
        (
          one,
        ) => html`<a class=${one.id === me.id ? 'seat is-me' : 'seat'} href=${`${urlFor(one.name)}`} aria-current=${one.id === me.id ? 'true' : undefined} title=${`Be ${one.realName}`}>
        <${Avatar} name=${one.realName} small=${true} /><span class="seat-name">${one.realName}</span></a>`,
      )}
    </div>
    <button type="button" class="top-button" aria-label=${`Theme: ${theme}`} title=${`Theme: ${theme}`} onClick=${turn}><${Icon} name=${theme} /></button>
    <button type="button" class="top-button" aria-expanded=${drawer} onClick=${onDrawer}><${Icon} name="swap" /><span class="wide-only">What just happened</span><span class="hidden narrow-only">What just happened</span></button>
  </header>`
}
