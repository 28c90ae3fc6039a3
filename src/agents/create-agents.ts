import { randomUUID } from 'node:crypto'
import type { Db } from '../db/call.ts'
import { AppError } from '../errors.ts'
import type { Principal } from '../ids.ts'
import type { AgentDefinition } from './agent.ts'
import { findNameProblem, nameKeyOf, type TakenNames } from './agent-names.ts'
import { type Agent, createAgentRows } from './agent-rows.ts'

export type Agents = Omit<ReturnType<typeof createAgentRows>, 'of' | 'save'> & {
  /** What a person may use: their own, those shared with the workspace, and those of files. */
  usable(by: Principal): Promise<Agent[]>
  /** The same by id; undefined where the person may not use it. */
  find(by: Principal, id: string): Promise<Agent | undefined>
  /** Makes an agent, or its next version. Throws `input_invalid` with the field, `name_taken`, `conflict`, `not_found` and `limit_reached`. */
  save(
    by: Principal,
    edit: { id: string; base: number | undefined; definition: AgentDefinition },
    taken: TakenNames,
  ): Promise<Agent>
  /** What a form may begin with. */
  templates: AgentDefinition[]
}

/** Named agents: rows, and those of files, which only files change. */
export function createAgents(db: Db, files: Agent[], templates: AgentDefinition[]): Agents {
  const { of, save, ...rows } = createAgentRows(db)
  const usable = async (by: Principal) => [...(await of(by)), ...files]
  return {
    ...rows,
    templates,
    usable,
    find: async (by, id) => (await usable(by)).find((one) => one.id === id),
    save: async (by, { id, base, definition }, taken) => {
      const problem = findNameProblem(definition.name, taken)
      if (problem !== undefined) throw new AppError('input_invalid', problem, { field: 'name' })
      const nameKey = nameKeyOf(definition.name)
      if (files.some(({ name }) => nameKeyOf(name) === nameKey))
        throw new AppError(
          'name_taken',
          `An agent called "${definition.name}" comes with this installation. Take another name.`,
        )
      return save(by, { id, base, nameKey, definition })
    },
  }
}

export const createAgentId = (): string => randomUUID()

/** Those whose name or purpose holds one of the words. Pure. */
export function findAgents(words: string, agents: Agent[]): Agent[] {
  const terms = words
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word.length > 2)
  const whole = words.trim().toLowerCase()
  return agents.filter(({ name, purpose }) => {
    const text = `${name} ${purpose}`.toLowerCase()
    return (whole !== '' && name.toLowerCase().includes(whole)) || terms.some((term) => text.includes(term))
  })
}
