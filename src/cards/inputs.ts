import type { CardInput } from './card.ts'
import type { CardFile, CardPart, ServerInput } from './schema.ts'

type Declared = [name: string, input: ServerInput]

/** What a person fills in: the variables of the server's settings, in order, with our labels; own values are not asked for. */
export function cardInputsOf(file: CardFile, ours: CardPart): CardInput[] {
  const inputs = new Map<string, ServerInput>()
  for (const [name, input] of declaredVariablesOf(file, ours))
    if (!(name in ours.own) && !inputs.has(name)) inputs.set(name, input)
  return [...inputs].map(([name, input]) => {
    const described = ours.inputs[name]
    return {
      name,
      label: described?.label ?? name,
      hint: described?.hint ?? input.description ?? '',
      secret: input.isSecret,
      required: input.isRequired,
      pattern: described?.pattern,
      example: input.placeholder,
      choices: input.choices,
      default: input.default,
      more: described?.more,
      lines: described?.lines,
      instead: described?.instead,
    }
  })
}

/** Every variable that a setting of the server declares. */
export function declaredVariablesOf(file: CardFile, ours: CardPart): Declared[] {
  const remotes = ours.remote === undefined ? file.remotes : [ours.remote]
  const settings = [
    ...(ours.builtin?.settings ?? []),
    ...remotes,
    ...remotes.flatMap((remote) => remote.headers),
    ...file.packages.flatMap((pack) => [...pack.environmentVariables, ...pack.packageArguments]),
  ]
  return settings.flatMap((setting) => Object.entries(setting.variables))
}
