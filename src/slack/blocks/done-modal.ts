import { createModal, sectionBlock } from './blocks.ts'

/** The last word of a modal. */
export const doneModal = (title: string, words: string) =>
  createModal({ id: 'done', title, blocks: [sectionBlock(`:white_check_mark: ${words}`)] })
