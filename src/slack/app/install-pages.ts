import { createHash } from 'node:crypto'
import { slackErrorCodeOf } from '../web-api/web-api.ts'

const STYLE = `
:root { color-scheme: light dark; font: 17px/1.55 system-ui, sans-serif; }
body { margin: 0; background: light-dark(#f6f7f9, #16191d); color: light-dark(#1d2733, #e8eaed); }
main { max-width: 34rem; margin: 0 auto; padding: 12vh 1.5rem 4rem; }
h1 { font-size: 1.7rem; line-height: 1.25; margin: 0 0 1rem; }
ul { padding-left: 1.2rem; }
li { margin: .35rem 0; }
code { white-space: nowrap; }
a.go { display: inline-block; margin: 1rem 0; padding: .8rem 1.4rem; border-radius: .5rem; background: #1d3557; color: #fff; font-weight: 600; text-decoration: none; }
a.go:hover, a.go:focus-visible { background: #2b4d7c; }
a:focus-visible { outline: 3px solid #e9c46a; outline-offset: 2px; }
p.small { font-size: .9rem; color: light-dark(#52606d, #a9b1ba); }
`

/** The pages run no code, load nothing, and may not be framed. */
export const PAGE_POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`,
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

export const renderInstallPage = (authorizeUrl: string): string =>
  page(
    'Add Patchbay to Slack',
    `<p>Patchbay lets people in your workspace plug in their own tools, with <code>/mcp connect</code>, and ask for work in a direct message, a thread or a channel.</p>
<ul>
<li>It works with each person’s own tools and credentials, and nobody else’s.</li>
<li>What could do harm waits until the right person presses <b>Approve</b>.</li>
<li>Everything it did stays on record.</li>
</ul>
${button(authorizeUrl, 'Add to Slack')}
<p class="small">Slack shows next what Patchbay may read and write, and asks you to allow it. Some workspaces let only admins add apps; Slack then offers to ask them. In an Enterprise organization an org admin can add it for all workspaces. To take it away, remove the app in Slack: its token and everybody’s saved credentials are then deleted here.</p>`,
  )

export type InstalledPageContent = { name: string; next: 'workspace' | 'organization'; url: string }

export function renderInstalledPage({ name, next, url }: InstalledPageContent): string {
  const title = `Patchbay is in ${name}`
  if (next === 'organization')
    return page(
      title,
      `<p>Your organization has it now. Next, choose the workspaces where people should see it.</p>${button(url, 'Choose workspaces')}`,
    )
  return page(
    title,
    `<p>Open its Messages tab in Slack and connect your first tool: it shows you how. In a channel, invite it with <code>/invite @Patchbay</code> and mention it.</p>${button(url, 'Open Slack')}`,
  )
}

/** Says what went wrong and what to do next. */
export function renderFailedPage(error: unknown, installUrl: string): { status: number; html: string } {
  const code = slackErrorCodeOf(error) ?? codeOf(error)
  const { status, title, words } = REASONS.find(({ codes }) => codes.includes(code)) ?? UNKNOWN
  return { status, html: page(title, `<p>${words}</p>${button(installUrl, 'Start again')}`) }
}

type Reason = { codes: string[]; status: number; title: string; words: string }

const REASONS: Reason[] = [
  {
    codes: ['slack_oauth_installer_authorization_error'],
    status: 200,
    title: 'Nothing was added',
    words: 'You said no in Slack, so Patchbay was not added. If that was a slip, start again.',
  },
  {
    codes: ['not_allowed'],
    status: 403,
    title: 'Patchbay is not open to your workspace',
    words:
      'Whoever runs this Patchbay decides which workspaces may add it, and yours is not among them. Nothing was kept. Ask them to add your workspace to INSTALL_ALLOW, then start again.',
  },
  {
    codes: ['slack_oauth_missing_state', 'slack_oauth_missing_code'],
    status: 400,
    title: 'Start on this page, please',
    words:
      'Patchbay can only be added from its own page, so that nobody can add it in your name. Start again there; it takes a minute.',
  },
  {
    codes: ['slack_oauth_invalid_state'],
    status: 400,
    title: 'That took too long',
    words:
      'A link to add Patchbay works for ten minutes, once, and in the browser it was opened in (with cookies). Start again in this browser.',
  },
  {
    codes: ['invalid_code', 'code_already_used', 'code_expired'],
    status: 400,
    title: 'That link was used already',
    words: 'Slack lets each link add the app once. If Patchbay is not in your workspace yet, start again.',
  },
  {
    codes: ['bad_client_secret', 'invalid_client_id', 'bad_redirect_uri', 'oauth_authorization_url_mismatch'],
    status: 502,
    title: 'Slack refuses this app',
    words:
      'The settings here and in Slack do not match. Whoever runs Patchbay should compare SLACK_CLIENT_ID, SLACK_CLIENT_SECRET and PUBLIC_URL with the app’s pages Basic Information and OAuth &amp; Permissions, then you can start again.',
  },
]

const UNKNOWN: Reason = {
  codes: [],
  status: 502,
  title: 'Patchbay could not be added',
  words:
    'Something failed between Slack and Patchbay, and nothing was kept. Start again in a minute; if it fails again, tell whoever runs Patchbay: its log has the cause.',
}

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''

const button = (url: string, label: string): string => `<p><a class="go" href="${escaped(url)}">${label}</a></p>`

const page = (title: string, body: string): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>${escaped(title)}</h1>
${body}
</main>
</body>
</html>
`

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

const escaped = (text: string): string => text.replace(/[&<>"']/g, (found) => ENTITIES[found] ?? found)
