import { checkPicture, type PictureCheck } from './check-picture.ts'
import type { ImagePart, Message } from './turn.ts'

/**
 * https://platform.claude.com/docs/en/build-with-claude/vision: with more pictures in a request, each may have 2,000 pixels a
 * side instead of 8,000, and one of an earlier turn would end the run.
 */
const MAX_PICTURES = 20
/** So many are left out at a time, as each change of older messages costs the cache. */
const STEP = 5
/** Of the 32 MB that a request may have; texts need the rest. */
const MAX_BASE64_CHARS = 24 * 1024 * 1024

const TOO_MANY = { refused: `only the newest ${MAX_PICTURES} pictures of a conversation can be shown at once` }
const NO_ROOM = { refused: 'there is no room for it beside newer pictures and files' }

/** What becomes of each picture of a conversation; the newest have room first. */
export function checkPictures(messages: Message[]): Map<ImagePart, PictureCheck> {
  const checks = new Map(messages.flatMap(picturesIn).map((image) => [image, checkPicture(image.data)]))
  const fit = [...checks].filter(([, check]) => !('refused' in check))
  const over = Math.ceil(Math.max(0, fit.length - MAX_PICTURES) / STEP) * STEP
  for (const [image] of fit.slice(0, over)) checks.set(image, TOO_MANY)
  let room = MAX_BASE64_CHARS - documentCharsIn(messages)
  for (const [image] of fit.slice(over).toReversed()) {
    room -= image.data.length
    if (room < 0) checks.set(image, NO_ROOM)
  }
  return checks
}

const picturesIn = ({ content }: Message): ImagePart[] =>
  content.flatMap((part) => {
    if (part.type === 'image') return [part]
    return part.type === 'tool_result' ? (part.images ?? []) : []
  })

const documentCharsIn = (messages: Message[]): number =>
  messages
    .flatMap(({ content }) => content.map((part) => (part.type === 'document' ? part.data.length : 0)))
    .reduce((sum, chars) => sum + chars, 0)
