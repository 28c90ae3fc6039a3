const NAME = /^[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?$/

/** A name as it is kept: people type capitals and spaces around it. */
export const normalizeConnectionName = (typed: string): string => typed.trim().toLowerCase()

/** What is wrong with a name, or undefined. It also names a folder and the person's tools, so it is kept plain. */
export function connectionNameProblemIn(name: string): string | undefined {
  if (name === '') return 'Give it a name.'
  return NAME.test(name)
    ? undefined
    : 'Use up to 32 lowercase letters, digits and dashes. Begin and end with a letter or digit.'
}

/** The card's name, or the first of `card-2`, `card-3` … that is free. */
export function freeConnectionNameFor(card: string, taken: string[]): string {
  const used = new Set(taken.map((name) => name.toLowerCase()))
  for (let count = 1; ; count++) {
    const suffix = count === 1 ? '' : `-${count}`
    const name = `${card.slice(0, 32 - suffix.length)}${suffix}`
    if (!used.has(name)) return name
  }
}
