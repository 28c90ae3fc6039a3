import { describe, expect, test } from 'vitest'
import { addressKeyOf, findNameProblem, nameKeyOf } from '../../src/agents/agent-names.ts'

const TAKEN = { people: ['ada', 'Ada Lovelace', 'grace.hopper', 'Émile Zola'], app: 'Patchbay' }

describe('a name of an agent', () => {
  test.each([
    'Reviewer',
    'On-call helper',
    'Data analyst',
    'Ada’s reviewer',
    'R&D helper',
    'Helper 2',
    'Prüfer',
    '審査員',
    'Town guide',
    'Downtime finder',
  ])('%s is good', (name) => {
    expect(findNameProblem(name, TAKEN)).toBeUndefined()
  })

  test.each([
    ['ada', /Somebody in this workspace/],
    ['ADA LOVELACE', /Somebody in this workspace/],
    ['Αda Lονelace', /Somebody in this workspace/],
    ['Ada  Love-lace', /Somebody in this workspace/],
    ['Grace Hopper', /Somebody in this workspace/],
    ['Emile Zola', /Somebody in this workspace/],
    ['Slackbot', /reads like/],
    ['S1ackbot helper', /reads like/],
    ['Patchbay', /reads like/],
    ['Pаtchbаy', /reads like/],
    ['The patch bay', /reads like/],
    ['Approver', /somebody who decides/],
    ['Workspace owner', /somebody who decides/],
    ['Adm1n', /somebody who decides/],
    ['A d m i n', /somebody who decides/],
    ['System', /somebody who decides/],
    ['stop', /begin requests/],
    ['Show', /begin requests/],
    ['@Reviewer', /The @ is not part/],
    ['<!here>', /use letters/],
    ['…', /use letters/],
    ['12', /use letters/],
    ['x', /two letters/],
  ])('%s is refused', (name, why) => {
    expect(findNameProblem(name, TAKEN)).toMatch(why)
  })
})

test.each([
  ['Reviewer', 'REVIEWER'],
  ['Data analyst', 'data-analyst'],
  ['Data analyst', 'Dаta anаlyst'],
  ['Reviewer', 'Révïewer'],
  ['Model', 'Mode1'],
  ['Learn', 'Leam'],
])('%s and %s look alike', (one, other) => {
  expect(nameKeyOf(one)).toBe(nameKeyOf(other))
})

test('names that do not look alike are told apart', () => {
  expect(nameKeyOf('Reviewer')).not.toBe(nameKeyOf('Reviewer 2'))
})

test('what is typed for a name has its case, spaces and dashes left out, and keeps its letters', () => {
  expect(addressKeyOf('On-call  Helper')).toBe(addressKeyOf('oncall helper'))
  expect(addressKeyOf('Mode1')).not.toBe(addressKeyOf('Model'))
})
