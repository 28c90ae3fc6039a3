import { describe, expect, it } from 'vitest'
import { readCards } from '../../src/cards/read.ts'
import { searchCards } from '../../src/cards/search.ts'

const cards = readCards('run-cards')
const found = (words: string) => searchCards(cards, words).map((card) => card.name)

describe('searchCards', () => {
  it('lists all without words', () => {
    expect(found('  ')).toHaveLength(cards.length)
  })
  it('puts the named card first', () => {
    expect(found('slack')[0]).toBe('slack')
    expect(found('Files')[0]).toBe('filesystem')
    expect(found('demo database')[0]).toBe('demo-database')
  })
  it('finds by category, beginning, description and tool', () => {
    expect(found('database')).toEqual(expect.arrayContaining(['demo-database', 'postgres', 'supabase']))
    expect(found('git')[0]).toBe('github')
    expect(found('employee')).toEqual(['demo-database'])
    expect(found('merge_pull')).toEqual(['github'])
  })
  it('forgives a small typo', () => {
    expect(found('postgras')[0]).toBe('postgres')
    expect(found('githbu')[0]).toBe('github')
  })
  it('finds nothing for words that fit nowhere', () => {
    expect(found('quantum teapot')).toEqual([])
    expect(found('slack teapot')).toEqual([])
  })
})
