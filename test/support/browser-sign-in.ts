import { expect } from 'vitest'
import { eventually } from './eventually.ts'
import type { Seat } from './person.ts'

const SIGN_IN_URL = /"url":"(http[^"]+)"/

/** The address behind the Sign in button of the modal the person is at. */
export async function signInUrlInModal(seat: Seat): Promise<string> {
  return eventually(async () => {
    const view = JSON.stringify(await seat.modal())
    const found = SIGN_IN_URL.exec(view)?.[1]
    expect(found, view).toBeDefined()
    return String(found)
  }, 30_000)
}

/** Goes where the button leads, as a browser does: to the authorization server, and back. `change` meddles with the way back. */
export async function goThere(
  url: string,
  change: (back: URL) => URL = (back) => back,
): Promise<{ status: number; page: string; back: string }> {
  const sent = await fetch(url, { redirect: 'manual' })
  const location = sent.headers.get('location')
  if (location === null)
    throw new Error(`the authorization server did not send back: ${sent.status} ${await sent.text()}`)
  const back = change(new URL(location)).href
  const arrived = await fetch(back)
  return { status: arrived.status, page: await arrived.text(), back }
}
