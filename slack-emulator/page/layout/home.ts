import { html } from 'htm/preact'
import { useEffect } from 'preact/hooks'
import { Blocks } from '../blocks/blocks.ts'
import { useViewSurface } from '../state/form-state.ts'
import { useLiveData } from '../state/live-updates.ts'
import { isRecord, type JsonRecord, readRecords } from '../state/read-json.ts'
import { SurfaceProvider, useSessionContext } from '../state/session-context.ts'

/** The app's Home tab, rendered again whenever the app publishes it. */
export function Home() {
  const { me, app } = useSessionContext()
  const { data, refresh } = useLiveData({
    path: 'home',
    query: { as: me.name, refresh: 'false' },
    when: (news) => news.kind === 'home_published' && news.user === me.id,
  })
  // Opening the tab makes the app publish it.
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

function HomeView({ view }: { view: JsonRecord }) {
  const { surface } = useViewSurface(view, {})
  return html`<${SurfaceProvider} value=${surface}><${Blocks} blocks=${readRecords(view.blocks)} /></${SurfaceProvider}>`
}
