export type NumberReading = { value: number } | { problem: string }

const PLAIN = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i
const DECIMAL_COMMA = /^[+-]?\d*,\d+$/
/** Groups of three behind one kind of separator, then perhaps a decimal separator of the other kind. */
const GROUPED =
  /^([+-]?\d{1,3})(?:([ '’\u00a0\u202f])\d{3}(?:\2\d{3})*(?:[.,]\d+)?|,\d{3}(?:,\d{3})*\.\d+|\.\d{3}(?:\.\d{3})*,\d+|(?:,\d{3}){2,}|(?:\.\d{3}){2,})$/
/** A thousand in one country and one in another. */
const EITHER = /^[+-]?[1-9]\d{0,2},\d{3}$/

/** A number as people write it, with a point or a comma, and with thousands separators where they can be nothing else. */
export function readNumber(typed: string): NumberReading {
  const text = typed.trim()
  if (EITHER.test(text)) return { problem: eitherProblem(text) }
  const plain = plainFormOf(text)
  return plain === undefined || !Number.isFinite(Number(plain))
    ? { problem: 'Please enter a number, like 50 or 12.5.' }
    : { value: Number(plain) }
}

function plainFormOf(text: string): string | undefined {
  if (PLAIN.test(text)) return text
  if (DECIMAL_COMMA.test(text)) return text.replace(',', '.')
  if (!GROUPED.test(text)) return undefined
  const decimal = decimalMarkIn(text)
  const [whole = '', ...fraction] = decimal === undefined ? [text] : text.split(decimal)
  return [whole.replace(/[^\d+-]/g, ''), ...fraction].join('.')
}

/** The last separator, where it is of another kind than the one before it, or stands behind spaces. */
function decimalMarkIn(text: string): string | undefined {
  const marks = text.match(/[.,]/g) ?? []
  const last = marks.at(-1)
  return last !== undefined && marks.filter((mark) => mark === last).length === 1 ? last : undefined
}

function eitherProblem(text: string): string {
  const [whole = '', fraction = ''] = text.split(',')
  return `Is that ${whole}${fraction} or ${whole}.${fraction}? Please write it like one of these.`
}
