import type { View } from '@slack/types'
import { describe, expect, test } from 'vitest'
import { checkMessage } from '../../../src/block-kit/check-message.ts'
import { checkView } from '../../../src/block-kit/check-view.ts'
import type { Skill } from '../../../src/connect/features/features.ts'
import type { MessageContent } from '../../../src/slack/blocks/build-blocks.ts'
import {
  skillModal,
  skillReadMessage,
  skillRequestText,
  skillsModal,
  usedSkillMessage,
} from '../../../src/slack/catalog/skills-list.ts'
import { renderAll } from '../../support/render-blocks.ts'

const LONG = 'words & <things> '.repeat(300)
const times = <T>(count: number, make: (at: number) => T): T[] => Array.from({ length: count }, (_, at) => make(at))

const greet: Skill = {
  uri: 'skill://greet/SKILL.md',
  name: 'greet',
  description: 'How to greet',
  files: [{ path: 'references/TONE.md', size: 2_100 }],
}
const long: Skill = {
  uri: `skill://${'a/'.repeat(700)}greet/SKILL.md`,
  name: LONG.slice(0, 200),
  description: LONG.slice(0, 1_024),
  files: times(512, (at) => ({ path: `${LONG.slice(0, 300)}${at}`, size: 8_000_000 })),
}
const look = { connection: '0f', words: '', page: 0, name: 'custom' }
const o = { of: 'custom', where: 'in our direct messages', metadata: { uri: greet.uri } }

const SAYINGS: Record<string, MessageContent> = {
  read: skillReadMessage('<@UMEMBER1>', greet, 'custom'),
  'read, long': skillReadMessage('<@UMEMBER1>', long, LONG),
  used: usedSkillMessage('<@UMEMBER1>', greet, 'custom', 'greet Ada'),
  'used, long': usedSkillMessage('<@UMEMBER1>', long, 'n'.repeat(32), LONG),
  'used without a wish': usedSkillMessage('<@UMEMBER1>', greet, 'custom', ''),
}

const VIEWS: Record<string, View> = {
  'no skills': skillsModal({ skills: [], refused: 0 }, look, []),
  skills: skillsModal({ skills: [greet], refused: 1 }, look, []),
  'many skills': skillsModal({ skills: times(40, () => long), refused: 0 }, { ...look, page: 1 }, [
    { id: '0f', name: 'custom' },
    { id: '1f', name: 'other' },
  ]),
  skill: skillModal(greet, o),
  'skill, long': skillModal(long, { ...o, of: 'n'.repeat(32), metadata: { uri: long.uri } }),
  'skill that is made up': skillModal({ ...greet, files: undefined }, o),
}

describe('what is said', () => {
  test.each(Object.entries(SAYINGS))('%s', (_name, saying) => {
    expect(checkMessage(saying)).toEqual([])
  })

  test('a request with a skill says which, with or without a wish', () => {
    expect(skillRequestText(greet, 'custom', '')).toBe('Use the skill "greet" of custom.')
    expect(skillRequestText(greet, 'custom', 'greet Ada')).toBe('greet Ada\n[With the skill "greet" of custom.]')
  })
})

describe('views', () => {
  test.each(Object.entries(VIEWS))('%s', (_name, view) => {
    expect(checkView(view)).toEqual([])
  })
})

test('what is said and shown reads like this', async () => {
  await expect(renderAll({ ...SAYINGS, ...VIEWS })).toMatchFileSnapshot('renderings/skills-list.txt')
})
