const PLACEHOLDER = /\{([a-zA-Z][a-zA-Z0-9]*)(?::([a-zA-Z][a-zA-Z0-9]*))?\}/g

/** The names a text mentions as `{name}` or `{user:password}`. */
export function placeholdersIn(text: string): string[] {
  return [...text.matchAll(PLACEHOLDER)].flatMap(([, ...names]) => names.filter((name) => name !== undefined))
}
