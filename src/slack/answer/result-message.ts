import type { DataTableBlock, KnownBlock } from '@slack/types'
import { LIMITS } from '../../block-kit/limits.ts'
import type { ShownResult } from '../../run/state/events.ts'
import type { CallState } from '../../run/state/state.ts'
import { revealInvisible, truncate } from '../../text.ts'
import { type MessageContent, sectionBlock } from '../blocks/build-blocks.ts'
import { escapeInlineMrkdwn, escapeMrkdwn, joinWords, pluralize, withoutMentions } from '../blocks/text.ts'
import { describeCall } from './describe-calls.ts'

const ROWS_PER_PAGE = 10

/** The message that shows a call's rows as a table and its links with their hosts. */
export function resultMessage(call: CallState, shown: ShownResult): MessageContent {
  const { table, links = [] } = shown
  const parts = [
    ...(table === undefined ? [] : [pluralize(table.rows.length, 'row')]),
    ...(links.length === 0 ? [] : [pluralize(links.length, 'link')]),
  ]
  const title = `${withoutMentions(describeCall(call, 'done'))}: ${joinWords(parts)}`
  return {
    text: truncate(
      [title, ...links.map(({ name, uri }) => revealInvisible(`${name}: ${uri}`))].join('\n'),
      LIMITS.message.text,
    ),
    blocks: [...(table === undefined ? [] : [tableBlock(table, title)]), ...linkBlocks(links)],
  }
}

function tableBlock({ columns, rows }: NonNullable<ShownResult['table']>, title: string): DataTableBlock {
  // Slack takes no empty text.
  const cell = (text: string) => ({ type: 'raw_text' as const, text: revealInvisible(text) || ' ' })
  return {
    type: 'data_table',
    caption: truncate(title, LIMITS.text),
    page_size: ROWS_PER_PAGE,
    rows: [columns, ...rows].map((row) => row.map(cell)),
  }
}

/** One block per link, as a section cut at its limit would cut a link in two. */
const linkBlocks = (links: NonNullable<ShownResult['links']>): KnownBlock[] =>
  links.map((link) => sectionBlock(`:link: ${linkWords(link)}`))

/** The host is shown beside the name, which can promise anything; only web addresses are clickable. */
function linkWords({ uri, name }: { uri: string; name: string }): string {
  const url = URL.canParse(uri) ? new URL(uri) : undefined
  const shown = escapeInlineMrkdwn(truncate(name, 100)) || 'a link'
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.href.length > 200)
    return `${shown} (\`${escapeMrkdwn(truncate(uri.replaceAll('`', "'"), 150))}\`)`
  return `<${escapeMrkdwn(url.href).replaceAll('|', '%7C')}|${shown.replaceAll('|', '/')}> (${escapeMrkdwn(url.host)})`
}
