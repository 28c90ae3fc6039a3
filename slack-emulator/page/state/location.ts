import { useEffect, useState } from 'preact/hooks'

/** The channel or Home tab and the thread that are shown; they are in the URL's hash, so Back works. */
export type PageLocation = { channel: string; home: boolean; thread: string }

function locationOf(hash: string): PageLocation {
  const [channel = '', rest = ''] = hash.replace(/^#\/?/, '').split('/')
  return { channel, home: rest === 'home', thread: rest === 'home' ? '' : rest }
}

export function hashOf({ channel, home, thread }: PageLocation): string {
  const rest = home ? 'home' : thread
  return `#/${channel}${rest === '' ? '' : `/${rest}`}`
}

/** The thread that a link to a message of this workspace leads to. */
export function messageLocationIn(url: string): PageLocation | undefined {
  const [, channel, seconds, rest] = /^\/archives\/(\w+)\/p(\d{10})(\d{6})$/.exec(pathHere(url)) ?? []
  return channel === undefined ? undefined : { channel, home: false, thread: `${seconds}.${rest}` }
}

/** The hosts under which this workspace is reached. */
const HERE = /^https?:\/\/(?:127\.0\.0\.1|localhost|\[::1\]):(\d+)(\/.*)$/

function pathHere(url: string): string {
  const [, port = '', path = ''] = HERE.exec(url) ?? []
  return port === location.port ? path : ''
}

export function usePageLocation(): [PageLocation, (place: PageLocation) => void] {
  const [place, setPlace] = useState(() => locationOf(location.hash))
  useEffect(() => {
    const follow = () => setPlace(locationOf(location.hash))
    addEventListener('hashchange', follow)
    return () => removeEventListener('hashchange', follow)
  }, [])
  const go = (next: PageLocation) => {
    location.hash = hashOf(next)
    setPlace(next)
  }
  return [place, go]
}

export const personInUrl = (): string => new URLSearchParams(location.search).get('as') ?? 'member'

export function urlFor(name: string): string {
  return `/?as=${encodeURIComponent(name)}`
}
