import type { Card, CardInput } from '../../cards/card.ts'

export type InputProblem = { field: string; message: string }

/** A card's inputs, filled: what goes into the row, and what goes into the credential store. */
export type FilledInputs = { plain: Record<string, string>; secret: Record<string, string> }

// Longer than any token or address; Slack's fields end at 3,000.
const MAX_CHARS = 4_096

/** Where a field left empty takes its value from, in this order. */
export type InputFallbacks = { kept: Record<string, string>; prefill: Record<string, string> }

/** Fills the card's inputs and says what is wrong with each. Problems never repeat a value. */
export function fillInputs(
  card: Card,
  typed: Record<string, string>,
  fallback: InputFallbacks,
): { filled: FilledInputs; problems: InputProblem[] } {
  const filled: FilledInputs = { plain: {}, secret: {} }
  const problems: InputProblem[] = []
  for (const input of card.inputs) {
    const value = filledValue(input, typed, fallback)
    const message = faultOf(input, value)
    if (message !== undefined) problems.push({ field: input.name, message })
    else if (value !== '') (input.secret ? filled.secret : filled.plain)[input.name] = value
  }
  return { filled, problems }
}

function filledValue(input: CardInput, typed: Record<string, string>, { kept, prefill }: InputFallbacks): string {
  const values = [typed[input.name], kept[input.name], prefill[input.name], input.default]
  return values.map((value) => value?.trim() ?? '').find((value) => value !== '') ?? ''
}

function faultOf(input: CardInput, value: string): string | undefined {
  if (value === '') return input.required ? `${input.label} is needed.` : undefined
  if (value.length > MAX_CHARS) return `That is too long: at most ${MAX_CHARS} characters.`
  if (input.choices !== undefined && !input.choices.includes(value))
    return `Choose one of: ${input.choices.join(', ')}.`
  if (new RegExp(`^(?:${input.pattern ?? '[^]*'})$`).test(value)) return undefined
  const like = input.example === undefined ? '' : ` It should look like ${input.example}`
  return `This does not look right.${like}`
}
