/** A WHERE, as far as it matters whether it leaves any row out. */
export type Condition =
  | { kind: 'or' | 'and'; arms: Condition[] }
  /** Says the same of a row as `text` does; `not` where it says the contrary. */
  | { kind: 'says'; text: string; not: boolean }
  /** Names no column of the table: it holds for every row or for none. */
  | { kind: 'constant' }
  /** Compares something with itself, or with a pattern that everything matches. */
  | { kind: 'always' }
  | { kind: 'narrows' }

/** May it hold for every row? What always holds, or never, counts as no condition; so does a OR NOT a. */
export function canHoldForAll(condition: Condition | undefined): boolean {
  if (condition === undefined) return true
  switch (condition.kind) {
    case 'constant':
    case 'always':
      return true
    case 'narrows':
    case 'says':
      return false
    case 'and':
      return condition.arms.every(canHoldForAll)
    case 'or':
      return condition.arms.some(canHoldForAll) || contradicts(condition.arms)
    default:
      return condition satisfies never
  }
}

const contradicts = (arms: Condition[]): boolean =>
  arms.some((a) => a.kind === 'says' && arms.some((b) => b.kind === 'says' && b.text === a.text && b.not !== a.not))
