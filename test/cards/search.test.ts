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
  it('knows what people also call a service', () => {
    expect(found('psql')[0]).toBe('postgres')
    expect(found('k8s')[0]).toBe('kubernetes')
    expect(found('jira')[0]).toBe('atlassian')
    expect(found('jira ticket')[0]).toBe('atlassian')
    expect(found('Confluence page')[0]).toBe('atlassian')
    expect(found('oncall')[0]).toBe('pagerduty')
    expect(found('mongo')[0]).toBe('mongodb')
    expect(found('newrelic')[0]).toBe('new-relic')
    expect(found('browser')[0]).toBe('playwright')
    expect(found('kibana')[0]).toBe('elasticsearch')
    expect(found('prometheus')[0]).toBe('grafana')
    expect(found('gdrive')[0]).toBe('google-drive')
  })
  it('finds all of a kind by its category', () => {
    expect(found('monitoring')).toEqual(expect.arrayContaining(['datadog', 'new-relic', 'pagerduty', 'sentry']))
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
