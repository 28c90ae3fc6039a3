import type { ModalView } from '@slack/types'
import { contextBlock, createModal, sectionBlock } from '../blocks/build-blocks.ts'
import { pluralize } from '../blocks/text.ts'

export const FORGET_TITLE = 'Forget me'

const listOf = (lines: string[]): string => lines.map((line) => `• ${line}`).join('\n')

const GONE = [
  'The words of your requests: what you asked, what I answered, what tools were sent and gave back. Your own rules, and cards that only you use.',
  'What I noted of what you said in threads I answered in, and what you thought of answers.',
]
const KEPT = [
  'Messages and files in Slack. You can delete them there.',
  'The audit: who did what. It no longer names you, except in rows from before Patchbay could forget people.',
  'Your decisions on other people’s requests, and what those requests quote of you.',
  'Rules for everybody and shared cards that you made.',
  'Connections that you shared with the workspace. To end them, disconnect them before, or ask an owner to.',
  'Settings that name you, as an approver or owner for example. An owner can change them.',
  'Files that a connection keeps for you on my machine. To delete them, ask me before.',
]

/** What goes and what stays, before it is done. Pure. */
export function forgetModal({ connections, openRuns }: { connections: number; openRuns: number }): ModalView {
  const stopped =
    openRuns === 0 ? [] : [`${pluralize(openRuns, 'request')} of yours that I am still working on. I stop that first.`]
  const tools =
    connections === 0
      ? 'Connections: you have none.'
      : `${pluralize(connections, 'connection')} of yours: disconnected, with their secrets and sign-ins. Where a service lets me, I end the sign-in there, too.`
  return createModal({
    id: 'forget_me',
    title: FORGET_TITLE,
    submit: FORGET_TITLE,
    close: 'Cancel',
    blocks: [
      sectionBlock(`*What is deleted, for good*\n${listOf([...stopped, tools, ...GONE])}`),
      sectionBlock(`*What stays*\n${listOf(KEPT)}`),
      contextBlock('If it is interrupted, ask again: I go on where I was. You can use me again at any time.'),
    ],
  })
}

/** Pure. */
export const forgottenModal = (connections: number): ModalView => {
  const tools = connections === 0 ? '' : ` ${pluralize(connections, 'connection')} disconnected.`
  return createModal({
    id: 'forgotten',
    title: FORGET_TITLE,
    blocks: [
      sectionBlock(
        `:white_check_mark: Done.${tools} The words of your requests are deleted from my records. The audit no longer names you, except in rows from before Patchbay could forget people.`,
      ),
    ],
  })
}
