import type { RichTextBlock } from '@slack/types'
import { revealInvisible, truncate } from '../../text.ts'

/** US dollars, as "$0.42"; a cost above zero is never shown as zero. */
export function formatMoney(usd: number): string {
  if (usd > 0 && usd < 0.01) return 'under $0.01'
  return `$${usd.toLocaleString('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 2 })}`
}

/** "950", "12.3k", "4.1M". */
export function formatAmount(count: number): string {
  if (count < 1_000) return String(count)
  const [part, unit] = count < 999_950 ? [count / 1_000, 'k'] : [count / 1_000_000, 'M']
  return `${part < 100 ? part.toFixed(1).replace(/\.0$/, '') : Math.round(part)}${unit}`
}

/** "340 ms", "1.2 s", "12 min", "3 h". */
export function formatDuration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`
  if (ms < 99_500) return `${(ms / 1_000).toFixed(ms < 9_950 ? 1 : 0).replace(/\.0$/, '')} s`
  const minutes = Math.round(ms / 60_000)
  return minutes < 120 ? `${minutes} min` : `${Math.round(minutes / 60)} h`
}

const STEPS = ' ▁▂▃▄▅▆▇█'

/** A sparkline: one column per value, scaled to the greatest; values above zero are always visible. */
export function formatSparkline(values: number[]): string {
  const most = Math.max(1, ...values)
  return values.map((value) => STEPS.charAt(Math.ceil((value / most) * (STEPS.length - 1)))).join('')
}

/** A bar of `width` places, of which `share` (0 to 1, more counts as 1) is filled. */
export function formatBar(share: number, width: number): string {
  const filled = Math.min(width, share > 0 ? Math.max(1, Math.round(share * width)) : 0)
  return `${'█'.repeat(filled)}${'░'.repeat(width - filled)}`
}

/** Lines in a fixed-width font, so that columns align. */
export const codeBlockFor = (lines: string[]): RichTextBlock => ({
  type: 'rich_text',
  elements: [{ type: 'rich_text_preformatted', elements: [{ type: 'text', text: revealInvisible(lines.join('\n')) }] }],
})

/** The text cut or padded to `width` characters. */
export const padText = (text: string, width: number): string => truncate(text, width).padEnd(width)
