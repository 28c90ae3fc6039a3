import { expect } from 'vitest'
import { eventually } from './eventually.ts'
import { lookOf, type Seat } from './person.ts'

const PAGE_URL = /"url":"(http[^"]+\/sign-in\/[\w-]+)"/

/** Browsers that have opened our page: whose, and with which cookie, by where they were sent on. */
const browsers = new Map<string, { seat: Seat; cookie: string }>()

/** The address of our page, behind the Sign in button of the modal the person is at. */
export async function signInPageInModal(seat: Seat): Promise<string> {
  return eventually(async () => {
    const view = JSON.stringify(await seat.modal())
    const found = PAGE_URL.exec(view)?.[1]
    expect(found, view).toBeDefined()
    return String(found)
  }, 30_000)
}

/** Opens our page: where it leads, and the cookie it sets. */
export async function openSignInPage(address: string): Promise<{ url: string; cookie: string; page: string }> {
  const opened = await fetch(address)
  const page = await opened.text()
  const url = /<a class="go" href="([^"]+)"/.exec(page)?.[1]?.replaceAll('&amp;', '&')
  if (url === undefined) throw new Error(`the page leads nowhere: ${opened.status} ${page}`)
  const [cookie = ''] = String(opened.headers.get('set-cookie')).split(';')
  return { url, cookie, page }
}

/** Presses the Sign in button of the modal the person is at and opens our page: where it leads on. `here` finds a public address on this machine. */
export async function signInUrlInModal(seat: Seat, here = (url: string) => url): Promise<string> {
  const { url, cookie } = await openSignInPage(here(await signInPageInModal(seat)))
  browsers.set(url, { seat, cookie })
  return url
}

/**
 * Goes where our page leads, as a browser does: to the authorization server, and back. Where that shows a code, the person enters it in
 * Slack. `change` meddles with the way back.
 */
export async function goThere(
  url: string,
  change: (back: URL) => URL = (back) => back,
): Promise<{ status: number; page: string; back: string }> {
  const browser = browsers.get(url)
  if (browser === undefined) throw new Error('no browser has opened the page that leads there')
  const { status, page, back } = await comeBack(url, browser.cookie, change)
  const code = codeOn(page)
  if (code !== undefined) await enterCode(browser.seat, code)
  return { status, page, back }
}

/** To the authorization server and back, without the last step in Slack. */
export async function comeBack(
  url: string,
  cookie: string | undefined,
  change: (back: URL) => URL = (back) => back,
): Promise<{ status: number; page: string; back: string }> {
  const sent = await fetch(url, { redirect: 'manual' })
  const location = sent.headers.get('location')
  if (location === null)
    throw new Error(`the authorization server did not send back: ${sent.status} ${await sent.text()}`)
  const back = change(new URL(location)).href
  const arrived = await fetch(back, { redirect: 'manual', headers: cookie === undefined ? {} : { cookie } })
  const [next = ''] = String(arrived.headers.get('set-cookie') ?? '').split(';')
  const onward = arrived.headers.get('location')
  return onward === null ? { status: arrived.status, page: await arrived.text(), back } : comeBack(onward, next, change)
}

/** The code that a page shows. */
export const codeOn = (page: string): string | undefined => /<output>([A-Z]{4}-[A-Z]{4})<\/output>/.exec(page)?.[1]

/** Enters the code where Slack asks for it: in the open modal, or in the one that a message opens. */
async function enterCode(seat: Seat, code: string): Promise<void> {
  const asks = async () => (await seat.modal())?.callback_id === 'sign_in_code'
  const found = await eventually(async () => {
    if (await asks()) return undefined
    const message = (await seat.messages('dm')).findLast((one) => /One step left/.test(lookOf(one)))
    expect(message, 'neither a modal nor a message asks for the code').toBeDefined()
    return message?.ts
  }, 30_000)
  if (found !== undefined) {
    await seat.press({ channel: 'dm' }, found, 'Enter the code')
    await eventually(async () => expect(await asks()).toBe(true))
  }
  await seat.submit({ code })
}
