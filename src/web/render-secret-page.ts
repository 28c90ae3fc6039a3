import type { SecretPage } from '../connect/secret-entry-types.ts'
import { escapeHtml, type Page, renderFacts } from './pages.ts'

/** Where a person enters secrets. It works without script, and sends them only to itself. Pure. */
export function renderSecretPage({ title, host, asker, fields }: SecretPage, problem?: string): Page {
  const facts = renderFacts([
    ['Asked for by', `${asker}, in Slack`],
    ...(host === undefined ? [] : [['Goes to', host] satisfies [string, string]]),
  ])
  return {
    title: `Connect ${escapeHtml(title)}`,
    body: [
      facts,
      ...(problem === undefined ? [] : [`<p class="next" role="alert">${escapeHtml(problem)}</p>`]),
      `<form method="post" autocomplete="off">${fields.map(fieldHtml).join('')}<p><button class="go">Save</button></p></form>`,
      `<p class="small">What you enter is stored encrypted, never shown again, and not seen by Slack. It is saved for ${escapeHtml(asker)}: are you somebody else? Then close this page.</p>`,
    ],
    look: 'start',
  }
}

type Field = SecretPage['fields'][number]

function fieldHtml({ name, label, hint, lines }: Field): string {
  const id = `f-${escapeHtml(name)}`
  const attributes = `id="${id}" name="${escapeHtml(name)}" autocomplete="off" spellcheck="false" aria-describedby="${id}-hint"`
  const input = lines === true ? `<textarea ${attributes}></textarea>` : `<input type="password" ${attributes}>`
  return `<p class="field"><label for="${id}">${escapeHtml(label)}</label>${input}<span class="hint" id="${id}-hint">${escapeHtml(hint)}</span></p>`
}

export const renderEnteredPage = (): Page => ({
  title: 'Saved',
  body: ['<p class="next">Go back to Slack and finish there. You can close this page.</p>'],
  look: 'good',
})

export const renderNoSecretPage = (): Page => ({
  title: 'Nothing to do here',
  body: [
    '<p>This page was used already, or it has expired.</p>',
    '<p class="next">Go back to Slack and press the button there for a new one.</p>',
  ],
  look: 'plain',
})
