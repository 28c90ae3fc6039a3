import { expect, test } from 'vitest'
import { type RankableCard, rankMatches, searchWordsIn } from '../../src/cards/rank.ts'

const thing = (name: string, more: Partial<RankableCard> = {}): RankableCard => ({
  name,
  title: name,
  words: [],
  category: '',
  description: '',
  tools: {},
  curated: false,
  verified: false,
  deprecated: false,
  popularity: { here: 0, all: 0 },
  ...more,
})
const found = (things: RankableCard[], words: string) =>
  rankMatches(things, searchWordsIn(words)).map(({ name }) => name)

test('words that say nothing are not looked for', () => {
  expect(searchWordsIn('a tool for my Database, please')).toEqual(['database'])
  expect(searchWordsIn('the')).toEqual(['the'])
  expect(searchWordsIn('  !? ')).toEqual([])
})

test('each word must fit; the name counts for more than a mention', () => {
  const things = [thing('b', { description: 'Weather and tides' }), thing('weather'), thing('tides')]
  expect(found(things, 'weather')).toEqual(['weather', 'b'])
  expect(found(things, 'weather tides')).toEqual(['b'])
  expect(found(things, 'snow')).toEqual([])
  expect(found(things, '')).toEqual([])
})

test('of equals the curated, the verified and the used ones come first, the deprecated last', () => {
  const description = 'Plans trips'
  const things = [
    thing('e', { description, deprecated: true }),
    thing('d', { description }),
    thing('c', { description, popularity: { here: 0, all: 3 } }),
    thing('b', { description, verified: true }),
    thing('a', { description, curated: true }),
  ]
  expect(found(things, 'trips')).toEqual(['a', 'b', 'c', 'd', 'e'])
  const used = thing('used', { description, popularity: { here: 40, all: 400 } })
  expect(found([...things, used], 'trips').slice(0, 2)).toEqual(['a', 'used'])
})

test('a very name stands above a card of ours that only mentions it', () => {
  const things = [thing('ours', { curated: true, description: 'Reads figma files' }), thing('figma')]
  expect(found(things, 'figma')).toEqual(['figma', 'ours'])
})

test('a word for the same ability and a small typo find it too', () => {
  expect(found([thing('warehouse', { description: 'Any SQL' })], 'database')).toEqual(['warehouse'])
  expect(found([thing('calendly')], 'calendyl')).toEqual(['calendly'])
  expect(found([thing('calendly')], 'cal')).toEqual(['calendly'])
})

test('ten thousand are ranked', () => {
  const things = Array.from({ length: 10_000 }, (_, at) => thing(`server-${at}`, { description: `Does thing ${at}` }))
  expect(found(things, 'thing serve')).toHaveLength(10_000)
})
