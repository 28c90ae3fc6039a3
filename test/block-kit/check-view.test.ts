import { describe, expect, it } from 'vitest'
import { checkView } from '../../src/block-kit/check-view.ts'

const plain = (text: string) => ({ type: 'plain_text', text })
const name = {
  type: 'input',
  block_id: 'name',
  label: plain('Name'),
  element: { type: 'plain_text_input', action_id: 'v' },
}
const modal = (more: object = {}) => ({
  type: 'modal',
  title: plain('Connect'),
  submit: plain('Go'),
  blocks: [name],
  ...more,
})

describe('checkView', () => {
  it('takes a modal and a Home tab', () => {
    const alert = { type: 'alert', text: plain('Careful'), level: 'warning' }
    expect(
      checkView(modal({ blocks: [alert, name], private_metadata: '{}', callback_id: 'c', notify_on_close: true })),
    ).toEqual([])
    expect(checkView({ type: 'home', blocks: [{ type: 'divider' }] })).toEqual([])
  })

  it.each([
    ['a long title', modal({ title: plain('x'.repeat(25)) }), '/title/text'],
    ['no submit', modal({ submit: undefined }), '/submit'],
    ['much metadata', modal({ private_metadata: 'x'.repeat(3001) }), '/private_metadata'],
    ['a markdown block', modal({ blocks: [{ type: 'markdown', text: 'x' }] }), '/blocks/0/type'],
    ['101 blocks', modal({ blocks: Array.from({ length: 101 }, () => ({ type: 'divider' })) }), '/blocks'],
    ['one block_id twice', modal({ blocks: [name, name] }), '/blocks'],
    ['no blocks', modal({ blocks: undefined }), '/blocks'],
    ['an alert at home', { type: 'home', blocks: [{ type: 'alert', text: plain('x') }] }, '/blocks/0/type'],
    ['an unknown kind', { type: 'drawer', title: plain('x'), blocks: [] }, '/type'],
    ['an unknown field', modal({ footer: 'x' }), '/footer'],
  ])('refuses %s', (_name, view, pointer) => {
    expect(checkView(view).map((found) => found.pointer)).toEqual([pointer])
  })

  it('refuses a view of more than 250 KB', () => {
    const section = { type: 'section', text: plain('€'.repeat(2_900)) }
    const found = checkView({ type: 'home', blocks: Array.from({ length: 40 }, () => section) })
    expect(found[0]?.constraint?.type).toBe('max_bytes')
  })
})
