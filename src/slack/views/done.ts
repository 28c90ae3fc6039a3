import { modal, section } from './blocks.ts'

/** The last word of a modal. */
export const doneModal = (title: string, words: string) =>
  modal({ id: 'done', title, blocks: [section(`:white_check_mark: ${words}`)] })
