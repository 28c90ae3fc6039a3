import type { App } from '@slack/bolt'
import type { ModalView } from '@slack/types'
import { z } from 'zod'
import type { ClassedTool, OwnCard } from '../../registry/own-cards.ts'
import { contextBlock, createModal, doneModal, sectionBlock } from '../blocks/build-blocks.ts'
import { errorModal } from '../blocks/error-message.ts'
import { type FieldOption, inputBlockOf } from '../blocks/modal-fields.ts'
import { escapeInlineMrkdwn } from '../blocks/text.ts'
import type { ConnectionDeps, WebApiDeps } from '../deps.ts'
import { onButtonPress } from '../interactions/interaction.ts'
import { onViewSubmission, type ViewSubmission } from '../interactions/modals.ts'

const UNCHECKED = 'unchecked'

const OPTIONS: FieldOption[] = [
  { text: 'Nobody has checked it: it asks', id: UNCHECKED, value: UNCHECKED },
  { text: 'It only reads: it runs without asking', id: 'read', value: 'read' },
  { text: 'It writes: it asks', id: 'write', value: 'write' },
  { text: 'It can destroy: it asks the approvers', id: 'destructive', value: 'destructive' },
]

/** A modal holds 100 blocks. */
const MOST_TOOLS = 95

/** Asks an owner what each tool of a card does. */
function toolClassesModal({ entry, tools }: OwnCard): ModalView {
  const shown = tools.slice(0, MOST_TOOLS)
  const more = tools.length - shown.length
  return createModal({
    id: 'card_classes',
    title: 'What its tools do',
    submit: 'Save',
    close: 'Cancel',
    metadata: { card: entry.name },
    blocks: [
      sectionBlock(
        `What you say here counts for everyone who connects *${escapeInlineMrkdwn(entry.title)}*. Say that a tool only reads when you know that it does.`,
      ),
      ...shown.map((tool, at) =>
        inputBlockOf({
          id: `tool ${at}`,
          label: tool.name,
          optional: false,
          kind: 'choice',
          options: OPTIONS,
          initial: tool.class ?? UNCHECKED,
        }),
      ),
      ...(more > 0 ? [contextBlock(`${more} more tools are not listed here. They always ask.`)] : []),
    ],
  })
}

type Deps = WebApiDeps & ConnectionDeps

export function registerToolClasses(app: App, deps: Deps): void {
  onButtonPress(app, deps, 'card_classes', async ({ by, value, responder }) => {
    const [may, card] = await Promise.all([deps.people.mayManageNow(by.user), deps.connect.own.get(by, value)])
    if (!may) await responder.replyError(ONLY_OWNERS)
    else if (card === undefined || !card.shared) await responder.replyError(GONE)
    else if (card.tools.length === 0) await responder.replyError('This card knows no tools.')
    else await responder.openModal(toolClassesModal(card))
  })
  onViewSubmission(app, deps, 'card_classes', (submit) => saveClasses(deps, submit))
}

const ONLY_OWNERS = 'Only an owner of this workspace can say what the tools of a shared card do.'
const GONE = 'This card is not shared here any more.'

const Metadata = z.object({ card: z.string() })
const Class = z.enum(['read', 'write', 'destructive'])

async function saveClasses(deps: Deps, { by, privateMetadata, typed, ack }: ViewSubmission): Promise<void> {
  const { card: name } = Metadata.parse(JSON.parse(privateMetadata))
  const [may, card] = await Promise.all([deps.people.mayManageNow(by.user), deps.connect.own.get(by, name)])
  if (!may || card === undefined) {
    await ack({ response_action: 'update', view: errorModal(may ? GONE : ONLY_OWNERS) })
    return
  }
  const tools = card.tools.map((tool, at): ClassedTool => {
    const chosen = typed[`tool ${at}`]
    return chosen === undefined ? tool : { name: tool.name, class: Class.safeParse(chosen).data }
  })
  const saved = await deps.connect.own.classTools(by, name, tools)
  const reads = tools.filter((tool) => tool.class === 'read').length
  const text = `Saved for *${escapeInlineMrkdwn(card.entry.title)}*. ${reads === 0 ? 'All its tools ask' : `${reads} of ${tools.length} run without asking`}, from the next request on.`
  await ack({ response_action: 'update', view: saved ? doneModal('Saved', text) : errorModal(GONE) })
}
