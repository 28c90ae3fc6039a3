/** How deep a JSON value is nested, without recursion; stops counting just above `most`. */
export function jsonDepthOf(value: unknown, most: number): number {
  let level: unknown[] = [value]
  for (let depth = 0; depth <= most; depth++) {
    level = level.flatMap((at) => (typeof at === 'object' && at !== null ? Object.values(at) : []))
    if (level.length === 0) return depth
  }
  return most + 1
}
