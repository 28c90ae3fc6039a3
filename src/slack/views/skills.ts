import type { KnownBlock, ModalView } from '@slack/types'
import { LIMITS } from '../../block-kit/limits.ts'
import type { Skill, SkillList } from '../../connect/features/features.ts'
import { actions, button, context, input, modal, plain, type Saying, section } from './blocks.ts'
import { type Look, listPages, lookBlocks } from './look.ts'
import { keepOf, type Named, sizeWords } from './resources.ts'
import { clip, inline, literal, mention, plural } from './text.ts'

/** One page of the skills a connection's server publishes. */
export function skillsModal({ skills, refused }: SkillList, look: Look & { name: string }, names: Named[]): ModalView {
  const page = listPages(skills, look, ({ uri, name, description }) => [uri, name, description])
  const title = `*${plural(page.hits, 'skill')} of ${inline(look.name)}*`
  const unsound = `${plural(refused, 'more')} left out: not as a skill has to be.`
  return modal({
    id: 'skills',
    title: 'Skills',
    submit: 'Search',
    keep: keepOf(look),
    blocks: [
      ...lookBlocks('skills', look, names, { title, page }),
      ...page.shown.map(skillBlock),
      ...(refused === 0 ? [] : [context(unsound)]),
      ...page.turn,
    ],
  })
}

/** The address stands below: two skills may have one name. */
function skillBlock({ uri, name, description }: Skill): KnownBlock {
  const [line = ''] = description.trim().split('\n')
  const words = [`*${inline(name)}*`, literal(clip(line, 300)), literal(clip(uri, 200))]
  return section(words.join('\n'), button({ text: 'Open', action: 'skill_open', value: uri }))
}

const FILES_SHOWN = 12

type Shown = { of: string; where: string; keep: unknown }

/** One skill as its server lists it; its files are read when somebody asks for them. */
export function skillModal({ uri, name, description, files }: Skill, { of, where, keep }: Shown): ModalView {
  const wish = input({
    id: 'wish',
    label: 'What should I do with it?',
    hint: `I follow the skill and answer ${where}.`,
    optional: true,
    element: {
      type: 'plain_text_input',
      action_id: 'wish',
      multiline: true,
      max_length: LIMITS.plainTextInput,
      placeholder: plain('Do it for…', LIMITS.placeholder),
    },
  })
  return modal({
    id: 'skill',
    title: 'Skill',
    submit: 'Use it',
    keep,
    blocks: [
      section(`*${inline(name)}* of ${inline(of)}\n${literal(clip(description, 1_100))}`),
      context(literal(clip(uri, 1_500))),
      ...filesBlocks(files),
      actions([button({ text: 'Read here', action: 'skill_read', value: 'read' })]),
      context(
        `_Read here_ shows it ${where}. What it says comes from the server, not from me, and allows me nothing new.`,
      ),
      wish,
    ],
  })
}

function filesBlocks(files: Skill['files']): KnownBlock[] {
  if (files === undefined) return [context('Its server makes it up anew each time, so I cannot check it.')]
  if (files.length === 0) return []
  const lines = files
    .slice(0, FILES_SHOWN)
    .map(({ path, size }) => `• ${literal(clip(path, 150))} (${sizeWords(size)})`)
  const rest = files.length > FILES_SHOWN ? [`and ${files.length - FILES_SHOWN} more`] : []
  return [section(['Files that go with it:', ...lines, ...rest].join('\n'))]
}

/** Above what was read. */
export function saySkillRead(user: string, { name, uri }: Skill, of: string): Saying {
  return {
    text: clip(`${mention(user)} read the skill ${literal(name)} of ${literal(of)}`, LIMITS.message.text),
    blocks: [
      section(`:mortar_board: ${mention(user)} read the skill *${inline(name)}* of ${inline(of)}`),
      context(literal(clip(uri, 300))),
    ],
  }
}

/** Above the answer: who chose which skill, and what for. */
export function sayUsedSkill(user: string, { name, uri }: Skill, of: string, wish: string): Saying {
  const what = wish === '' ? '' : `: ${literal(clip(wish, 2_000))}`
  return {
    text: clip(`${mention(user)} uses the skill ${literal(name)} of ${literal(of)}`, LIMITS.message.text),
    blocks: [
      section(`:mortar_board: ${mention(user)} uses the skill *${inline(name)}* of ${inline(of)}${what}`),
      context(`${literal(clip(uri, 300))}. The words of the skill come from the server of ${inline(of)}.`),
    ],
  }
}

/** The request as people read it. */
export const skillWords = ({ name }: Pick<Skill, 'name'>, of: string, wish: string): string =>
  wish === '' ? clip(`Use the skill "${name}" of ${of}.`, 1_000) : `${wish}\n[With the skill "${name}" of ${of}.]`
