import type { CarriedText } from './find-carried.ts'

/** Where a call would send what the run has read. */
export type Flow = {
  /** Where the call goes: a host, or what people call the connection. */
  to: string
  /** What its arguments carry of what was read elsewhere. */
  carried: CarriedText[]
  /** More was read than can be looked through. */
  isUncertain: boolean
  /** It reads an address that nobody but the model named, after these connections were read. */
  madeAfter: string[]
}

/** Why a call has to ask although it only reads, in words; none where nothing leaves. Pure. */
export function flowReasonsOf(flow: Flow | undefined): string[] {
  if (flow === undefined) return []
  const { to, carried, isUncertain, madeAfter } = flow
  if (carried.length > 0) return [`This sends ${joined(carried.map(amountOf))} to ${to}.`]
  if (madeAfter.length > 0)
    return [`I made up the address that this reads. It can carry what I read from ${joined(madeAfter)} to ${to}.`]
  return isUncertain ? [`I have read too much to tell whether this sends some of it to ${to}.`] : []
}

const amountOf = ({ from, chars }: CarriedText): string =>
  `${chars.toLocaleString('en')} characters that came from ${from}`

const joined = (words: string[]): string =>
  words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`
