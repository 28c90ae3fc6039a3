import { expect, test } from 'vitest'
import { type RankableCard, rankMatches } from '../../src/cards/rank.ts'
import { searchTermsIn } from '../../src/cards/search-terms.ts'

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
  rankMatches(things, searchTermsIn(words)).map(({ thing: { name } }) => name)
const termsOf = (words: string) => searchTermsIn(words).map((term) => term.words)

test.each([
  ['a tool for my Database, please', ['database']],
  ['send an email to a customer', ['send', 'email', 'customer']],
  ['Who is on call?', ['on call']],
  ['show me my pull requests', ['pull request', 'show']],
  ['the', ['the']],
  ['  !? ', []],
])('what counts in "%s"', (typed, words) => {
  expect(termsOf(typed)).toEqual(words)
})

test('what has all of it comes first, then what has the most telling part; the name counts for more than a mention', () => {
  const things = [thing('b', { description: 'Weather and tides' }), thing('weather'), thing('tides')]
  expect(found(things, 'weather')).toEqual(['weather', 'b'])
  expect(found(things, 'weather tides')[0]).toBe('b')
  expect(found(things, 'weather on the moon')[0]).toBe('weather')
  expect(found(things, 'snowmen')).toEqual([])
  expect(found([thing('a', { description: 'Finds tides' })], 'find snowmen'), 'any tool finds something').toEqual([])
  expect(found([thing('gmail'), thing('prometheus')], 'mail'), 'the end of a word').toEqual(['gmail'])
  expect(found([thing('prometheus')], 'rome'), 'the middle of a word').toEqual([])
  expect(found(things, '')).toEqual([])
})

test('says whether anything has all that was looked for', () => {
  const wholes = (words: string) =>
    rankMatches([thing('weather', { description: 'Tides' })], searchTermsIn(words)).map(({ whole }) => whole)
  expect(wholes('weather and tides')).toEqual([true])
  expect(wholes('weather and chess')).toEqual([false])
})

test('forms of a word are one', () => {
  const things = [thing('x', { description: 'Scrapes websites and tracks errors' })]
  expect(found(things, 'scraping')).toEqual(['x'])
  expect(found(things, 'error tracking')).toEqual(['x'])
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

test('ours come first among equals only', () => {
  const ours = thing('ours', { curated: true, tools: { list_mappings: {} }, description: 'Index mapping' })
  expect(found([ours, thing('map-service', { description: 'Maps and routes' })], 'maps')[0]).toBe('map-service')
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
