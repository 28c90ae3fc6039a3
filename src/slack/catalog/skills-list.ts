import type { KnownBlock, ModalView } from '@slack/types'
import { LIMITS } from '../../block-kit/limits.ts'
import type { Skill, SkillList } from '../../connect/features/features.ts'
import { truncate } from '../../text.ts'
import {
  actionsBlock,
  contextBlock,
  createButton,
  createModal,
  inputBlock,
  type MessageContent,
  plainTextObject,
  sectionBlock,
} from '../blocks/build-blocks.ts'
import { type ListQuery, listQueryBlocks, paginateList } from '../blocks/paged-list.ts'
import { escapeInlineMrkdwn, escapeMrkdwn, pluralize } from '../blocks/text.ts'
import { formatSize, listMetadataOf, type NamedConnection } from './resources-list.ts'

/** One page of a connection's skills. */
export function skillsModal(
  { skills, refused }: SkillList,
  query: ListQuery & { name: string },
  names: NamedConnection[],
): ModalView {
  const page = paginateList(skills, query, ({ uri, name, description }) => [uri, name, description])
  const title = `*${pluralize(page.hits, 'skill')} of ${escapeInlineMrkdwn(query.name)}*`
  const refusedText = `${pluralize(refused, 'more')} left out: not as a skill has to be.`
  return createModal({
    id: 'skills',
    title: 'Skills',
    submit: 'Search',
    metadata: listMetadataOf(query),
    blocks: [
      ...listQueryBlocks('skills', query, names, { title, page }),
      ...page.shown.map(skillBlock),
      ...(refused === 0 ? [] : [contextBlock(refusedText)]),
      ...page.pageButtons,
    ],
  })
}

/** The URI is shown, as two skills may have one name. */
function skillBlock({ uri, name, description }: Skill): KnownBlock {
  const [line = ''] = description.trim().split('\n')
  const words = [`*${escapeInlineMrkdwn(name)}*`, escapeMrkdwn(truncate(line, 300)), escapeMrkdwn(truncate(uri, 200))]
  return sectionBlock(words.join('\n'), createButton({ text: 'Open', action: 'skill_open', value: uri }))
}

const FILES_SHOWN = 12

type Shown = { of: string; where: string; metadata: unknown }

/** A skill with buttons to read and use it. */
export function skillModal({ uri, name, description, files }: Skill, { of, where, metadata }: Shown): ModalView {
  const wish = inputBlock({
    id: 'wish',
    label: 'What should I do with it?',
    hint: `I follow the skill and answer ${where}.`,
    optional: true,
    element: {
      type: 'plain_text_input',
      action_id: 'wish',
      multiline: true,
      max_length: LIMITS.plainTextInput,
      placeholder: plainTextObject('Do it for…', LIMITS.placeholder),
    },
  })
  return createModal({
    id: 'skill',
    title: 'Skill',
    submit: 'Use it',
    metadata,
    blocks: [
      sectionBlock(
        `*${escapeInlineMrkdwn(name)}* of ${escapeInlineMrkdwn(of)}\n${escapeMrkdwn(truncate(description, 1_100))}`,
      ),
      contextBlock(escapeMrkdwn(truncate(uri, 1_500))),
      ...filesBlocks(files),
      actionsBlock([createButton({ text: 'Read here', action: 'skill_read', value: 'read' })]),
      contextBlock(
        `_Read here_ shows it ${where}. What it says comes from the server, not from me, and allows me nothing new.`,
      ),
      wish,
    ],
  })
}

function filesBlocks(files: Skill['files']): KnownBlock[] {
  if (files === undefined) return [contextBlock('Its server makes it up anew each time, so I cannot check it.')]
  if (files.length === 0) return []
  const lines = files
    .slice(0, FILES_SHOWN)
    .map(({ path, size }) => `• ${escapeMrkdwn(truncate(path, 150))} (${formatSize(size)})`)
  const rest = files.length > FILES_SHOWN ? [`and ${files.length - FILES_SHOWN} more`] : []
  return [sectionBlock(['Files that go with it:', ...lines, ...rest].join('\n'))]
}

/** The message above the contents: `who` read what. */
export function skillReadMessage(who: string, { name, uri }: Skill, of: string): MessageContent {
  return {
    text: truncate(`${who} read the skill ${escapeMrkdwn(name)} of ${escapeMrkdwn(of)}`, LIMITS.message.text),
    blocks: [
      sectionBlock(`:mortar_board: ${who} read the skill *${escapeInlineMrkdwn(name)}* of ${escapeInlineMrkdwn(of)}`),
      contextBlock(escapeMrkdwn(truncate(uri, 300))),
    ],
  }
}

/** The message above the answer: `who` used which skill, and what for. */
export function usedSkillMessage(
  who: string,
  { name, uri }: Pick<Skill, 'name' | 'uri'>,
  of: string,
  wish: string,
): MessageContent {
  const what = wish === '' ? '' : `: ${escapeMrkdwn(truncate(wish, 2_000))}`
  return {
    text: truncate(`${who} used the skill ${escapeMrkdwn(name)} of ${escapeMrkdwn(of)}`, LIMITS.message.text),
    blocks: [
      sectionBlock(
        `:mortar_board: ${who} used the skill *${escapeInlineMrkdwn(name)}* of ${escapeInlineMrkdwn(of)}${what}`,
      ),
      contextBlock(`${escapeMrkdwn(truncate(uri, 300))}. Its words come from the server of ${escapeInlineMrkdwn(of)}.`),
    ],
  }
}

/** The request's text, as the thread shows it. */
export const skillRequestText = ({ name }: Pick<Skill, 'name'>, of: string, wish: string): string =>
  wish === '' ? truncate(`Use the skill "${name}" of ${of}.`, 1_000) : `${wish}\n[With the skill "${name}" of ${of}.]`
