import type { Card } from '../../cards/card.ts'
import type { CuratedCard } from '../../registry/catalogue.ts'

/** The row of a run card of ours. */
export function curatedCard({ name, title, description, server, inputs, auth, tools }: Card): CuratedCard {
  const secrets = inputs.filter(({ secret, required }) => secret && required)
  return {
    name,
    title,
    description,
    config: { server, inputs, ...(auth && { auth }) },
    credentials: [
      ...secrets.map((input) => ({ kind: 'secret' as const, name: input.name, label: input.label })),
      ...(auth?.kind === 'oauth' ? [{ kind: 'sign_in' as const }] : []),
    ],
    tools: Object.entries(tools).map(([tool, word]) => ({ name: tool, class: word.class })),
  }
}
