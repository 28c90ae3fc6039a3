import { type Context, type FilterImplOptions, filters } from 'liquidjs'

/** What LiquidJS has and a template may use: nothing random, nothing that reads a clock, no regular expressions of the template's own. */
const TAKEN =
  `abs append at_least at_most capitalize ceil compact concat default divided_by downcase find find_exp first floor group_by
  group_by_exp has has_exp join json last lstrip map minus modulo plus prepend push reject reject_exp remove remove_first
  replace replace_first reverse round rstrip size slice sort sort_natural split strip strip_newlines sum times to_integer truncate
  truncatewords uniq upcase url_encode where where_exp`.split(/\s+/)

const DAY_MS = 86_400_000
const HOUR_MS = 3_600_000
/** Each filter is work, however small its value. */
const FILTER_WORK = 20
/** Formatting a date asks Intl for its zone and its names. */
const DATE_WORK = 2_500

type FilterHandler = Exclude<FilterImplOptions, { handler: unknown }>
type Filters = Record<string, FilterHandler>

/** Every filter that a template may use, each counting the work it does. */
export function createTemplateFilters(): Filters {
  const taken = TAKEN.map((name): [string, FilterHandler] => [name, countWork(name, handlerOf(name))])
  const ours = Object.entries(DATE_FILTERS).map(([name, handler]): [string, FilterHandler] => [name, handler])
  return Object.fromEntries([...taken, ...ours])
}

function handlerOf(name: string): FilterHandler {
  const filter = filters[name]
  if (filter === undefined) throw new TypeError(`LiquidJS has no filter ${name}`)
  return typeof filter === 'function' ? filter : filter.handler
}

/** LiquidJS counts what most filters make; `find`, `has` and `sum` go through a list for nothing, and an expression is worked out for each item. */
function countWork(name: string, handler: FilterHandler): FilterHandler {
  const isExpression = name.endsWith('_exp')
  return function (value, ...args) {
    const items = Array.isArray(value) ? value.length : 0
    const each = isExpression ? 8 + String(args[1]).length : 1
    this.context.memoryLimit.use(FILTER_WORK + items * each)
    if (isExpression && !isWritten(this.token.args[1]))
      throw new TypeError(`${name} takes an expression that is written in the template, in quotes`)
    return handler.apply(this, [value, ...args])
  }
}

/** An expression from data would be data that is rendered. */
const isWritten = (argument: unknown): boolean =>
  typeof argument === 'object' && argument !== null && 'content' in argument && typeof argument.content === 'string'

const DATE_FILTERS: Filters = {
  date(value, format, zone) {
    this.context.memoryLimit.use(DATE_WORK)
    const at = dateOf(value, this.context)
    const offset = offsetOf(String(zone ?? zoneOf(this.context)), at)
    return handlerOf('date').apply(this, [at.toISOString(), format ?? '%Y-%m-%d', offset])
  },
  add_days(value, days) {
    return addTime(this.context, value, days, DAY_MS)
  },
  add_hours(value, hours) {
    return addTime(this.context, value, hours, HOUR_MS)
  },
  /** Whole days from a date until now. */
  days_since(value) {
    this.context.memoryLimit.use(FILTER_WORK)
    return Math.floor((dateOf('now', this.context).getTime() - dateOf(value, this.context).getTime()) / DAY_MS)
  },
}

/** A day stays a day; anything else becomes a time in UTC. */
function addTime(context: Context, value: unknown, amount: unknown, unitMs: number): string {
  context.memoryLimit.use(FILTER_WORK)
  const at = new Date(dateOf(value, context).getTime() + Number(amount) * unitMs)
  if (Number.isNaN(at.getTime())) throw new TypeError(`${JSON.stringify(amount)} is no number of days or hours`)
  const isDay = typeof value === 'string' && /^\d{4}-\d\d-\d\d$/.test(value) && unitMs === DAY_MS
  return isDay ? at.toISOString().slice(0, 10) : at.toISOString()
}

/** `now` is the time at which the step began, so that rendering does not depend on a clock. */
function dateOf(value: unknown, context: Context): Date {
  const named = value === 'now' || value === 'today' ? settingOf(context, 'now') : value
  const at =
    typeof named === 'number' ? new Date(named * 1000) : new Date(typeof named === 'string' ? named : Number.NaN)
  if (Number.isNaN(at.getTime()))
    throw new TypeError(`${JSON.stringify(value)?.slice(0, 60)} is no date: write one such as 2026-12-24, or now`)
  return at
}

const zones = new Map<string, Intl.DateTimeFormat>()

/** Minutes from a zone's time to UTC at a moment, as LiquidJS takes them: it would make a format of Intl for each date. */
function offsetOf(zone: string, at: Date): number {
  const format = zones.get(zone) ?? zoneFormatOf(zone)
  zones.set(zone, format)
  const [, sign, hours = '0', minutes = '0'] = /GMT(?:([+-])(\d\d):(\d\d))?/.exec(format.format(at)) ?? []
  return (sign === '-' ? 1 : -1) * (Number(hours) * 60 + Number(minutes))
}

function zoneFormatOf(zone: string): Intl.DateTimeFormat {
  try {
    return new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset' })
  } catch (error) {
    throw new TypeError(`${JSON.stringify(zone.slice(0, 60))} is no time zone: write one such as Europe/Berlin`, {
      cause: error,
    })
  }
}

const zoneOf = (context: Context): string => settingOf(context, 'timezone') ?? 'UTC'

function settingOf(context: Context, name: 'now' | 'timezone'): string | undefined {
  const { environments } = context
  const value: unknown = name in environments ? environments[name] : undefined
  return typeof value === 'string' ? value : undefined
}
