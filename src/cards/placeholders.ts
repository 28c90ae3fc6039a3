const PLACEHOLDER = /\{([a-zA-Z][a-zA-Z0-9]*)\}/g

/** The names a text mentions as `{name}`. */
export function mentions(text: string): string[] {
  return [...text.matchAll(PLACEHOLDER)].map((found) => found[1] ?? '')
}

/** The text with every `{name}` replaced, once: a value that itself holds braces stays as it is. */
export function fill(text: string, values: Record<string, string>): string {
  return text.replace(PLACEHOLDER, (whole, name: string) => values[name] ?? whole)
}
