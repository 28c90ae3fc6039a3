const PLACEHOLDER = /\{([a-zA-Z][a-zA-Z0-9]*)\}/g

/**
 * The text with every `{name}` replaced, once: a value that itself holds braces stays as it is. Undefined when a name
 * has no value: what a person left empty is left out.
 */
export function fill(text: string, values: Record<string, string>): string | undefined {
  const known = [...text.matchAll(PLACEHOLDER)].every(([, name]) => name !== undefined && Object.hasOwn(values, name))
  return known ? text.replace(PLACEHOLDER, (whole, name: string) => values[name] ?? whole) : undefined
}

export function fillEach(texts: string[], values: Record<string, string>): string[] {
  return texts.map((text) => fill(text, values)).filter((text) => text !== undefined)
}

/** Names and values filled alike: a header's name can be a person's choice. */
export function fillAll(texts: Record<string, string>, values: Record<string, string>): Record<string, string> {
  const filled = Object.entries(texts).map(([name, text]) => [fill(name, values), fill(text, values)])
  return Object.fromEntries(filled.filter(([name, text]) => name !== undefined && text !== undefined))
}
