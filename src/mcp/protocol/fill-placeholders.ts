const PLACEHOLDER = /\{([a-zA-Z][a-zA-Z0-9]*)(?::([a-zA-Z][a-zA-Z0-9]*))?\}/g

/**
 * The text with every `{name}` replaced, once: a value that itself holds braces stays as it is. `{user:password}` is
 * the pair as HTTP Basic wants it (RFC 7617). Undefined when a name has no value: what a person left empty is left out.
 */
export function fillPlaceholders(text: string, values: Record<string, string>): string | undefined {
  const names = [...text.matchAll(PLACEHOLDER)].flatMap(([, ...found]) => found.filter((name) => name !== undefined))
  if (!names.every((name) => Object.hasOwn(values, name))) return undefined
  return text.replace(PLACEHOLDER, (_, name: string, password?: string) =>
    password === undefined ? (values[name] ?? '') : Buffer.from(pair(values, name, password)).toString('base64'),
  )
}

const pair = (values: Record<string, string>, name: string, password: string): string =>
  `${values[name] ?? ''}:${values[password] ?? ''}`

/** The pairs that `{user:password}` stands for in the texts, not yet encoded: as secret as the password. */
export function userPasswordPairsIn(texts: string[], values: Record<string, string>): string[] {
  return texts.flatMap((text) =>
    [...text.matchAll(PLACEHOLDER)].flatMap(([, name, password]) =>
      name === undefined || password === undefined ? [] : [pair(values, name, password)],
    ),
  )
}

export function fillTexts(texts: string[], values: Record<string, string>): string[] {
  return texts.map((text) => fillPlaceholders(text, values)).filter((text) => text !== undefined)
}

/** Names and values filled alike: a header's name can be a person's choice. */
export function fillHeaders(texts: Record<string, string>, values: Record<string, string>): Record<string, string> {
  const filled = Object.entries(texts).map(([name, text]) => [
    fillPlaceholders(name, values),
    fillPlaceholders(text, values),
  ])
  return Object.fromEntries(filled.filter(([name, text]) => name !== undefined && text !== undefined))
}
