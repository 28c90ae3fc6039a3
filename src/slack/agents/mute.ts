import { type MessageContent, sectionBlock } from '../blocks/build-blocks.ts'

const MUTE = /^(?:mute|🔇|:mute:)[.!]*$/iu
const UNMUTE = /^(?:unmute|🔊|🔈|:loud_sound:|:speaker:)[.!]*$/iu

/** What a word says of listening; undefined where it says nothing. */
export function readMuteWord(words: string): 'mute' | 'unmute' | undefined {
  const word = words.trim()
  if (MUTE.test(word)) return 'mute'
  return UNMUTE.test(word) ? 'unmute' : undefined
}

const TEXTS = {
  mute: ':mute: I am quiet in this thread now, and answer only where I am mentioned. Say _unmute_ and I listen again.',
  unmute: ':speaker: I listen in this thread again: a reply here is enough.',
  direct: 'In our direct messages I answer everything, so there is nothing to mute. Say _stop_ to end what I am doing.',
  top: 'Say that in a thread: in the channel itself I answer only where I am mentioned.',
}

export function muteMessage(word: keyof typeof TEXTS): MessageContent {
  const text = TEXTS[word]
  return { text, blocks: [sectionBlock(text)] }
}
