/** How much harm a call can do, mildest first. */
const RISKS = ['read', 'write', 'destructive'] as const

export type Risk = (typeof RISKS)[number]

/** The stricter of two findings; the first when they are equal. */
export const strictestOf = <T extends { risk: Risk }>(a: T, b: T): T =>
  RISKS.indexOf(b.risk) > RISKS.indexOf(a.risk) ? b : a
