import { html } from 'htm/preact'
import { useEffect } from 'preact/hooks'
import { Blocks } from './blocks.ts'
import { SurfaceProvider, useDesk } from './desk.ts'
import { useLive } from './feed.ts'
import { isRecord, type Json, records } from './read.ts'
import { useViewSurface } from './surfaces.ts'

/** The app's Home tab: opened anew each time, and painted again whenever the app publishes it. */
export function Home() {
  const { me, app } = useDesk()
  const { data, refresh } = useLive({
    path: 'home',
    query: { as: me.name, refresh: 'false' },
    when: (news) => news.kind === 'home_published' && news.user === me.id,
  })
  // Opening the tab is what makes the app publish it.
  useEffect(() => {
    void fetch(`/local/home?${new URLSearchParams({ as: me.name })}`).then(refresh)
  }, [me.name, refresh])
  const view = data?.view
  return html`<div class="home" role="tabpanel" aria-label="Home">${
    isRecord(view)
      ? html`<${HomeView} view=${view} />`
      : html`<div class="empty"><h3>Nothing here yet</h3><p>${app.name} has not published a Home tab for you.</p></div>`
  }</div>`
}

function HomeView({ view }: { view: Json }) {
  const { surface } = useViewSurface(view, {})
  return html`<${SurfaceProvider} value=${surface}><${Blocks} blocks=${records(view.blocks)} /></${SurfaceProvider}>`
}
