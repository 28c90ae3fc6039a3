import { describe, expect, it } from 'vitest'
import type { CredentialStore } from '../../src/credentials/store.ts'

/** What comes instead of a vendor's answer, and what a person is told. */
export const ODD_ANSWERS: [string, { status: number; text: string }, RegExp][] = [
  ['it fails', { status: 500, text: '{"message":"internal"}' }, /does not answer\. Try again/],
  ['a page came', { status: 200, text: '<html>hunter2</html>' }, /Tell whoever runs Patchbay/],
  [
    'it broke off',
    { status: 200, text: '{"SecretString":"=hunter2","payload":{"data":"PWh1' },
    /Tell whoever runs Patchbay/,
  ],
  [
    'it means something else',
    { status: 200, text: '{"SecretString":"hunter2","payload":{"data":"aHVudGVyMg=="}}' },
    /Tell whoever runs/,
  ],
]

/** What every backend must do. `maxChars`: the longest secret that the service takes. */
export function testStoreContract(name: string, open: () => Promise<CredentialStore>, maxChars = 100_000): void {
  describe(`${name} keeps the store's contract`, () => {
    it('gives back what was set, the last one', async () => {
      const store = await open()
      await store.set('connection/1', 'first')
      await store.set('connection/1', 'zweites ✓')
      expect(await store.get('connection/1')).toBe('zweites ✓')
    })
    it('says undefined for what is not there, and after remove', async () => {
      const store = await open()
      expect(await store.get('connection/none')).toBeUndefined()
      await store.set('connection/2', 'x')
      await store.remove('connection/2')
      await store.remove('connection/2')
      expect(await store.get('connection/2')).toBeUndefined()
      await store.set('connection/2', 'y')
      expect(await store.get('connection/2')).toBe('y')
    })
    it('keeps references apart, whatever they hold', async () => {
      const store = await open()
      await store.set('a/b', '1')
      await store.set('a/../a/b', '2')
      await store.set('../../etc', '3')
      expect([await store.get('a/b'), await store.get('a/../a/b'), await store.get('../../etc')]).toEqual([
        '1',
        '2',
        '3',
      ])
    })
    it('takes an empty and a large secret', async () => {
      const store = await open()
      await store.set('empty', '')
      await store.set('large', 'k'.repeat(maxChars))
      expect(await store.get('empty')).toBe('')
      expect((await store.get('large'))?.length).toBe(maxChars)
    })
  })
}
