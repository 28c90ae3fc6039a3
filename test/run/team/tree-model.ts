import { setTimeout as sleep } from 'node:timers/promises'
import type { CurrentAgent } from '../../../src/run/deps.ts'
import type { Random } from '../../support/seeded-random.ts'
import { says, type Turn } from '../start-worker.ts'

export const HELPERS: CurrentAgent[] = ['Reader', 'Checker', 'Writer'].map((name) => ({
  id: name,
  version: 1,
  name,
  purpose: 'helps',
  instructions: '',
}))

/** A model that asks three agents, each of which notes something and answers; it thinks for some milliseconds. */
export const createTreeTurn =
  (random: Random): Turn =>
  async (asked, signal) => {
    await sleep(random.below(40), undefined, { signal })
    if (asked.includes('grow')) return { ...says(''), content: HELPERS.map(askOf), stop: 'tools' }
    if (!asked.includes('a branch of')) return says('Grown.')
    const note = { type: 'tool_use' as const, id: 'note_0', name: 'note', input: { finding: 'A leaf.' } }
    return { ...says(''), content: [note], stop: 'tools' }
  }

const askOf = ({ name: agent }: CurrentAgent, at: number) => ({
  type: 'tool_use' as const,
  id: `ask_${at}`,
  name: 'ask_agent',
  input: { agent, task: `a branch of ${agent}` },
})
