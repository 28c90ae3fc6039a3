/** A parser's tree, as it came: nothing of its shape is trusted. */
export const asRecord = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value)) : {}

export const field = (value: unknown, ...path: string[]): unknown =>
  path.reduce<unknown>((at, name) => asRecord(at)[name], value)

export const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : [])

/** A text, or '' where there is none. */
export const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')

/** Whether some object below (or at) `tree` is `wanted`. */
export function holds(tree: unknown, wanted: (node: Record<string, unknown>) => boolean): boolean {
  const queue = [tree]
  for (let at = queue.pop(); at !== undefined; at = queue.pop()) {
    if (typeof at !== 'object' || at === null) continue
    if (!Array.isArray(at) && wanted(asRecord(at))) return true
    queue.push(...Object.values(at))
  }
  return false
}
