/** A parser's tree, as it came: nothing of its shape is trusted. */
export const recordOf = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value)) : {}

export const valueIn = (value: unknown, ...path: string[]): unknown =>
  path.reduce<unknown>((at, name) => recordOf(at)[name], value)

export const arrayIn = (value: unknown): unknown[] => (Array.isArray(value) ? value : [])

/** A text, or '' where there is none. */
export const stringIn = (value: unknown): string => (typeof value === 'string' ? value : '')

/** Whether some object below (or at) `tree` is `wanted`. */
export function hasNode(tree: unknown, wanted: (node: Record<string, unknown>) => boolean): boolean {
  const queue = [tree]
  for (let at = queue.pop(); at !== undefined; at = queue.pop()) {
    if (typeof at !== 'object' || at === null) continue
    if (!Array.isArray(at) && wanted(recordOf(at))) return true
    queue.push(...Object.values(at))
  }
  return false
}
