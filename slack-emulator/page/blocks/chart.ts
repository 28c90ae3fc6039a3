import { html } from 'htm/preact'
import type { ComponentChildren } from 'preact'
import { type JsonRecord, readNumber, readRecord, readRecords, readString } from '../state/read-json.ts'
import { Unknown } from '../widgets/unknown.ts'

const [WIDTH, HEIGHT, PAD] = [480, 180, 8]
type Series = { name: string; points: { label: string; value: number }[] }

/**
 * data_visualization is documented, but in no published type: bar, line, area and pie are drawn from their series,
 * and everything is in a table for who cannot see them.
 */
export function Chart({ block }: { block: JsonRecord }) {
  const chart = readRecord(block.chart ?? block)
  const series = seriesOf(chart)
  if (series.every((one) => one.points.length === 0)) return html`<${Unknown} what="chart" thing=${block} />`
  const kind = readString(chart.type) || readString(chart.chart_type)
  return html`<figure class="block-chart">
    <figcaption>${readString(block.title) || readString(readRecord(block.title).text)}</figcaption>
    <svg viewBox=${`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label=${describe(series)}>
      ${(DRAW[kind] ?? bars)(series)}
    </svg>
    ${kind === 'pie' ? legend(series[0]?.points.map(({ label, value }) => `${label} ${value}`) ?? []) : html`${labels(series, kind)}${legend(series.map((one) => one.name))}`}
  </figure>`
}

const legend = (names: string[]) =>
  html`<div class="chart-legend">${names.map((name, index) => html`<span><i class=${`swatch tint-${index % 6}`}></i>${name}</span>`)}</div>`

/** A label's position: below its bar, or spread from edge to edge like the points of a line. */
const labels = (series: Series[], kind: string) =>
  html`<div class=${kind === 'line' || kind === 'area' ? 'chart-labels' : 'chart-labels is-even'}>${series[0]?.points.map((point) => html`<span>${point.label}</span>`)}</div>`

function seriesOf(chart: JsonRecord): Series[] {
  const given = readRecords(chart.series).map((one) => ({
    name: readString(one.name),
    points: pointsOf(one.data ?? one.points),
  }))
  const segments = pointsOf(chart.segments ?? chart.data)
  return segments.length > 0 ? [...given, { name: readString(chart.name), points: segments }] : given
}

const pointsOf = (data: unknown) =>
  readRecords(data).map((one) => ({
    label: readString(one.label) || readString(one.x),
    value: readNumber(one.value ?? one.y),
  }))

const highest = (series: Series[]): number =>
  Math.max(1e-9, ...series.flatMap((one) => one.points.map((point) => point.value)))

const describe = (series: Series[]): string =>
  series
    .map((one) => `${one.name}: ${one.points.map((point) => `${point.label} ${point.value}`).join(', ')}`)
    .join('; ')

const DRAW: Record<string, (series: Series[]) => ComponentChildren> = { line: lines, area: lines, pie }

/** Segments from the top, clockwise. */
function pie([series]: Series[]) {
  const points = series?.points ?? []
  const whole = points.reduce((sum, point) => sum + Math.max(0, point.value), 0) || 1
  const [x, y, r] = [WIDTH / 2, HEIGHT / 2, HEIGHT / 2 - PAD]
  const at = (share: number) => `${x + r * Math.sin(share * 2 * Math.PI)} ${y - r * Math.cos(share * 2 * Math.PI)}`
  let from = 0
  return points.map((point, index) => {
    const [begin, share] = [from, Math.min(0.9999, Math.max(0, point.value) / whole)]
    from += share
    const arc = `A ${r} ${r} 0 ${share > 0.5 ? 1 : 0} 1 ${at(from)}`
    return html`<path class=${`tint-${index % 6}`} d=${`M ${x} ${y} L ${at(begin)} ${arc} Z`} />`
  })
}

function bars(series: Series[]) {
  const most = highest(series)
  const slots = Math.max(...series.map((one) => one.points.length))
  const slot = WIDTH / slots
  const width = Math.max(2, (slot - PAD) / series.length)
  return series.flatMap((one, row) =>
    one.points.map((point, index) => {
      const height = (Math.max(0, point.value) / most) * (HEIGHT - PAD)
      const x = index * slot + PAD / 2 + row * width
      return html`<rect class=${`tint-${row % 6}`} x=${x} y=${HEIGHT - height} width=${width - 2} height=${height} rx="2" />`
    }),
  )
}

function lines(series: Series[]) {
  const most = highest(series)
  return series.map((one, row) => {
    const step = WIDTH / Math.max(1, one.points.length - 1)
    const points = one.points.map((point, index) => `${index * step},${HEIGHT - (point.value / most) * (HEIGHT - PAD)}`)
    return html`<polyline class=${`line tint-${row % 6}`} points=${points.join(' ')} />`
  })
}
