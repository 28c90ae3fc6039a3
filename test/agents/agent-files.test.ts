import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readAgentFile, readAgentFiles, readTemplates } from '../../src/agents/agent-files.ts'
import { ROOT } from '../support/paths.ts'

const read = (text: string) => readAgentFile('agents/helper.yaml', text)

test('a file is an agent that everybody may use and nobody owns', () => {
  const text = 'name: Helper one\npurpose: helps\ninstructions: |\n  Do it.\nlimits: { turns: 3, costUsd: 0.5 }\n'
  expect(read(text)).toEqual({
    id: 'file:helper',
    name: 'Helper one',
    purpose: 'helps',
    instructions: 'Do it.\n',
    limits: { turns: 3, costUsd: 0.5 },
    version: 1,
    owner: undefined,
    shared: true,
  })
})

test.each([
  ['name: Helper one\n', 'agents/helper.yaml, line 1: purpose: write in one line'],
  ['name: Helper one\npurpose: x\nlimits:\n  turns: 99\n', 'line 4: limits.turns: write `turns: 8`'],
  ['name: Helper one\npurpose: x\ncolour: red\n', 'line 3: colour: there is no such field; write one of name, face'],
  ['name: Helper one\npurpose: x\ntools: list\n', 'line 3: tools: write a list'],
  ['purpose: x\nname: Admin\n', 'line 2: name: This reads like somebody who decides'],
  ['name: "Helper\npurpose: x\n', 'agents/helper.yaml, line'],
  ['name: *nobody\npurpose: x\n', 'agents/helper.yaml'],
  ['', 'line 1: the file: write the fields of an agent'],
])('%j is refused with what to write', (text, why) => {
  expect(() => read(text)).toThrow(why)
})

test('two files may not name one agent', () => {
  const folder = mkdtempSync(join(tmpdir(), 'patchbay-agents-'))
  try {
    writeFileSync(join(folder, 'one.yaml'), 'name: Helper one\npurpose: x\n')
    writeFileSync(join(folder, 'two.yaml'), 'name: helper ONE\npurpose: x\n')
    expect(() => readAgentFiles(folder)).toThrow(/two\.yaml: another file names its agent/)
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('the templates are good agents, and no agents of a workspace', () => {
  const templates = readTemplates(join(ROOT, 'agents', 'templates'))
  expect(templates.map(({ name }) => name)).toEqual(['Data analyst', 'On-call helper', 'Researcher', 'Reviewer'])
  // The form's field takes no more.
  for (const { instructions } of templates) expect(instructions.length).toBeLessThan(3_000)
  expect(readAgentFiles(join(ROOT, 'agents'))).toEqual([])
})
