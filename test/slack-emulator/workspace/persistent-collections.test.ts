import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { openPersistentCollections } from '../../../slack-emulator/workspace/persistent-collections.ts'

const folderOf = () => mkdtemp(join(tmpdir(), 'journal-'))

describe('the journal', () => {
  it('keeps the newest entries of a collection, and tells of those that go', async () => {
    const folder = await folderOf()
    const gone: number[] = []
    const open = () => openPersistentCollections(folder)
    {
      using journal = open()
      const numbers = journal.collection('numbers', z.number(), 3, (value) => gone.push(value))
      for (const value of [1, 2, 3, 4]) numbers.put(`n${value}`, value)
      numbers.put('n2', 22)
      numbers.drop('n3')
      expect(gone).toEqual([1, 3])
    }
    using journal = open()
    expect(journal.collection('numbers', z.number(), 3).values()).toEqual([22, 4])
    expect(journal.collection('others', z.number(), 3).values()).toEqual([])
    await rm(folder, { recursive: true })
  })

  it('stays small however often one entry changes', async () => {
    const folder = await folderOf()
    using journal = openPersistentCollections(folder)
    const texts = journal.collection('texts', z.string(), 10)
    for (let i = 0; i < 40; i++) texts.put('one', String(i).repeat(500_000))
    expect((await stat(join(folder, 'journal.ndjson'))).size).toBeLessThan(33 * 1024 * 1024)
    await rm(folder, { recursive: true })
  })

  it('holds what was put before a kill', async () => {
    const folder = await folderOf()
    const module = new URL('../../../slack-emulator/workspace/persistent-collections.ts', import.meta.url)
    const script = `
      import { openPersistentCollections } from ${JSON.stringify(module.href)}
      import { z } from 'zod'
      openPersistentCollections(${JSON.stringify(folder)}).collection('words', z.string(), 10).put('last', 'kept')
      process.kill(process.pid, 'SIGKILL')`
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: 'inherit' })
    const [, signal] = await once(child, 'exit')
    expect(signal).toBe('SIGKILL')
    using journal = openPersistentCollections(folder)
    expect(journal.collection('words', z.string(), 10).get('last')).toBe('kept')
    await rm(folder, { recursive: true })
  })
})
