import type { FailedSignIn, SignInCode, SignInPage } from '../connect/sign-in-types.ts'
import { escapeHtml, type Page, renderFacts } from './pages.ts'

/** Where a sign-in starts: who asked for it, and who gets what. Pure. */
export function renderSignInPage({ title, asker, name, host, server, organization, url }: SignInPage): Page {
  const facts = renderFacts([
    ['Asked for by', `${asker}, in Slack`],
    ['Connection', name],
    ['You sign in at', host],
    ['Access goes to', server],
  ])
  return {
    title: organization ? 'Sign in with your organization' : `Sign in to ${escapeHtml(title)}`,
    body: [
      facts,
      `<p><a class="go" href="${escapeHtml(url)}" rel="noreferrer">Continue to ${escapeHtml(host)}</a></p>`,
      `<p class="small">Are you not ${escapeHtml(asker)}? Then close this page. If you go on, you open your own account to somebody else.</p>`,
    ],
    look: 'start',
  }
}

export const renderNoSignInPage = (): Page => ({
  title: 'Nothing to do here',
  body: [
    '<p>This sign-in link was used already, or it has expired.</p>',
    '<p class="next">Go back to Slack. If it does not say that you are signed in, press Sign in there again.</p>',
  ],
  look: 'plain',
})

/** Copies the code; the page works without. */
const COPY_SCRIPT = `const b=document.querySelector('.code button'),o=document.querySelector('.code output');
b.hidden=false;b.onclick=async()=>{try{await navigator.clipboard.writeText(o.textContent);b.textContent='Copied'}catch{getSelection().selectAllChildren(o)}}`

/** Where the browser ends: the code that who asked enters in Slack. Pure. */
export function renderCodePage({ code, title, asker, minutes }: SignInCode): Page {
  return {
    title: 'One step left',
    body: [
      '<p>Copy this code, go back to Slack, and enter it there:</p>',
      `<p class="code"><output>${escapeHtml(code)}</output><button type="button" class="go" hidden>Copy</button></p>`,
      `<p>Then ${escapeHtml(title)} is connected for ${escapeHtml(asker)}. The code works for ${minutes} minutes.</p>`,
      '<p class="small">Did somebody else send you the link? Then keep the code to yourself and close this page. Without the code nobody gets access to your account.</p>',
    ],
    look: 'good',
    script: COPY_SCRIPT,
  }
}

/** Where the browser ends when the sign-in is over. Pure. */
export function renderFailedSignInPage({ message, by }: FailedSignIn): Page {
  // Nobody knows whose it was, so Slack says nothing of it.
  if (by === undefined) return { title: 'Nothing to do here', body: [`<p>${escapeHtml(message)}</p>`], look: 'plain' }
  return { title: 'Not signed in', body: [`<p>${escapeHtml(message)}</p>`, AGAIN], look: 'bad' }
}

const AGAIN = '<p class="next">You can close this page. Slack has a button to try again.</p>'
