import { useEffect, useState } from 'preact/hooks'

/** What is looked at: a room or the Home tab, and a thread beside it. It stands in the address, so Back works. */
export type Place = { room: string; home: boolean; thread: string }

export function placeOf(hash: string): Place {
  const [room = '', rest = ''] = hash.replace(/^#\/?/, '').split('/')
  return { room, home: rest === 'home', thread: rest === 'home' ? '' : rest }
}

export function hashOf({ room, home, thread }: Place): string {
  const rest = home ? 'home' : thread
  return `#/${room}${rest === '' ? '' : `/${rest}`}`
}

/** Where a link to a message of this workspace leads: its thread. */
export function messageAt(url: string): Place | undefined {
  const [, room, seconds, rest] = /^\/archives\/(\w+)\/p(\d{10})(\d{6})$/.exec(pathHere(url)) ?? []
  return room === undefined ? undefined : { room, home: false, thread: `${seconds}.${rest}` }
}

/** This workspace goes by several names: each of this machine, and one port. */
const HERE = /^https?:\/\/(?:127\.0\.0\.1|localhost|\[::1\]):(\d+)(\/.*)$/

function pathHere(url: string): string {
  const [, port = '', path = ''] = HERE.exec(url) ?? []
  return port === location.port ? path : ''
}

export function usePlace(): [Place, (place: Place) => void] {
  const [place, setPlace] = useState(() => placeOf(location.hash))
  useEffect(() => {
    const follow = () => setPlace(placeOf(location.hash))
    addEventListener('hashchange', follow)
    return () => removeEventListener('hashchange', follow)
  }, [])
  const go = (next: Place) => {
    location.hash = hashOf(next)
    setPlace(next)
  }
  return [place, go]
}

export const personInAddress = (): string => new URLSearchParams(location.search).get('as') ?? 'member'

export function addressAs(name: string): string {
  return `/?as=${encodeURIComponent(name)}`
}
