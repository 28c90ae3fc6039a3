import { type Client, ProtocolError, ProtocolErrorCode } from '@modelcontextprotocol/client'
import {
  type SkillFile as ReadFile,
  SKILLS_EXTENSION_ID,
  type SkillListing,
  SkillsClient,
  SkillVerificationError,
} from '@modelcontextprotocol/client/ext/skills'
import { truncate } from '../../text.ts'
import type { Redactor } from '../protocol/redactor.ts'
import { isShortUri, MAX_CONTENT_CHARS, type ResourceContent } from './resources.ts'

/**
 * Instructions for an agent that a server publishes, with files beside them (the extension io.modelcontextprotocol/skills, SEP-2640).
 * All of it is written by the server. `uri` identifies it on its server; a name may occur twice.
 */
export type Skill = {
  uri: string
  name: string
  description: string
  /** Its files besides SKILL.md; undefined where the server makes them up as it is asked. */
  files: SkillFile[] | undefined
}

/** `path` is below the skill's own folder, `size` in bytes. */
type SkillFile = { path: string; size: number }

/** `refused`: how many the server lists that are no sound skills. */
export type SkillList = { skills: Skill[]; refused: number }

/** One file of a skill, SKILL.md if no other is named. `checked`: size and digest are those the server had published. */
export type SkillText = { skill: Skill; content: ResourceContent; checked: boolean }

/** What a skill's file turned out to be instead of what its server had published. */
export type SkillProblem = SkillVerificationError['reason']

type Entry = SkillListing['skills'][number]

const MAX_SKILLS = 500
const MAX_FILES = 512
const MAX_NAME_CHARS = 200
const MAX_DESCRIPTION_CHARS = 1_024
const SKILLS_MS = 30_000
// However slowly the pages come.
const LIST_ALL_MS = 90_000
const MANIFEST = 'SKILL.md'

/** What tells a server that we know what skills are. */
export const SKILLS_EXTENSION = { [SKILLS_EXTENSION_ID]: {} }

/** The skills a server publishes, without the connection's secrets; none of their files is read. Throws what the SDK throws. */
export async function listSkills(client: Client, redactor: Redactor, signal: AbortSignal): Promise<SkillList> {
  const { entries, refused } = await entriesOf(client, redactor, signal)
  return { skills: entries.map((entry) => skillOf(entry, redactor)), refused }
}

async function entriesOf(client: Client, redactor: Redactor, signal: AbortSignal) {
  const all = new SkillsClient(client, { skipInvalid: true })
  if (!all.supported) return { entries: [], refused: 0 }
  try {
    const within = AbortSignal.any([signal, AbortSignal.timeout(LIST_ALL_MS)])
    const { skills, invalid } = await all.list({}, { signal: within, timeout: SKILLS_MS })
    const sound = skills.filter(({ uri }) => isShortUri(uri) && redactor.text(uri) === uri)
    return { entries: sound.slice(0, MAX_SKILLS), refused: invalid.length + skills.length - sound.length }
  } catch (error) {
    // Capabilities lie: some servers declare what they then do not know.
    if (error instanceof ProtocolError && error.code === ProtocolErrorCode.MethodNotFound)
      return { entries: [], refused: 0 }
    throw error
  }
}

/**
 * Reads one file of a skill and compares it with what the server publishes of it at this moment: nothing is read ahead,
 * nothing outside the skill, and what differs comes back as a `problem` without its content. Throws what the SDK throws.
 */
export async function readSkill(
  client: Client,
  redactor: Redactor,
  { uri, file }: { uri: string; file?: string | undefined },
  signal: AbortSignal,
): Promise<SkillText | { problem: SkillProblem } | { large: number }> {
  const skills = new SkillsClient(client)
  const { entries } = await entriesOf(client, redactor, signal)
  const options = { signal, timeout: SKILLS_MS }
  // What is not listed may be published all the same, and its server says so.
  const entry = entries.find((one) => one.uri === uri) ?? (await skills.get(uri, options)).skill
  const large = sizeIn(entry, file ?? MANIFEST)
  if (large > MAX_CONTENT_CHARS) return { large }
  try {
    const read = await skills.read(entry, file, options)
    if (read.bytes.byteLength > MAX_CONTENT_CHARS) return { large: read.bytes.byteLength }
    return { skill: skillOf(entry, redactor), content: contentOf(read, redactor), checked: read.verified }
  } catch (error) {
    if (error instanceof SkillVerificationError) return { problem: error.reason }
    throw error
  }
}

const rootOf = (uri: string): string => uri.slice(0, -MANIFEST.length)

const pathOf = (entry: Entry, uri: string): string =>
  uri.startsWith(rootOf(entry.uri)) ? uri.slice(rootOf(entry.uri).length) : uri

/** As the server says; what is not listed is found out when it is read. */
function sizeIn(entry: Entry, file: string): number {
  if (entry.resources === 'dynamic') return 0
  return entry.resources.find(({ uri }) => uri === file || pathOf(entry, uri) === file)?.size ?? 0
}

function skillOf(entry: Entry, redactor: Redactor): Skill {
  const { uri, frontmatter, resources } = entry
  const files = resources === 'dynamic' ? undefined : resources.filter((one) => one.uri !== uri).slice(0, MAX_FILES)
  return {
    uri,
    name: truncate(redactor.text(frontmatter.name), MAX_NAME_CHARS),
    description: truncate(redactor.text(frontmatter.description), MAX_DESCRIPTION_CHARS),
    files: files?.map((one) => ({ path: redactor.text(pathOf(entry, one.uri)), size: one.size })),
  }
}

function contentOf({ uri, mimeType, text, bytes }: ReadFile, redactor: Redactor): ResourceContent {
  return {
    type: 'resource',
    uri: redactor.text(uri),
    ...(mimeType !== undefined && { mimeType: truncate(redactor.text(mimeType), MAX_NAME_CHARS) }),
    ...(text === undefined
      ? { data: redactor.blob(Buffer.from(bytes).toString('base64')) }
      : { text: redactor.text(text) }),
  }
}
