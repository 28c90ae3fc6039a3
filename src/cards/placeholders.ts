const PLACEHOLDER = /\{([a-zA-Z][a-zA-Z0-9]*)\}/g

/** The names a text mentions as `{name}`. */
export function mentions(text: string): string[] {
  return [...text.matchAll(PLACEHOLDER)].map((found) => found[1] ?? '')
}
