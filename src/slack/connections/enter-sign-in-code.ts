import type { App } from '@slack/bolt'
import type { ModalView } from '@slack/types'
import { z } from 'zod'
import type { SignInCode } from '../../connect/sign-in-types.ts'
import { errorChainOf } from '../../errors.ts'
import { SignInId } from '../../ids.ts'
import { truncate } from '../../text.ts'
import {
  actionsBlock,
  contextBlock,
  createButton,
  createModal,
  type MessageContent,
  sectionBlock,
} from '../blocks/build-blocks.ts'
import { inputBlockOf } from '../blocks/modal-fields.ts'
import { escapeMrkdwn } from '../blocks/text.ts'
import type { ConnectionDeps, WebApiDeps } from '../deps.ts'
import { onButtonPress } from '../interactions/interaction.ts'
import {
  loadingModal,
  onViewClosed,
  onViewSubmission,
  updateModalView,
  type ViewSubmission,
} from '../interactions/modals.ts'
import { replySignInOutcome } from './sign-in-reply.ts'

/** What the code is for; stands in the modal and in the button that opens it again. */
const CodeRequest = z.object({
  id: SignInId,
  title: z.string(),
  name: z.string(),
  channel: z.string().optional(),
  thread: z.string().optional(),
})
type CodeRequest = z.infer<typeof CodeRequest>

const FIELD = 'code'

/** Asks for the code that the person's browser shows. */
export function signInCodeModal(request: CodeRequest): ModalView {
  const [title, name] = [truncate(request.title, 80), truncate(request.name, 80)]
  const view = createModal({
    id: 'sign_in_code',
    title: 'Sign in',
    submit: 'Finish',
    close: 'Cancel',
    metadata: { ...request, title, name },
    blocks: [
      sectionBlock(`:key: Your browser came back from *${escapeMrkdwn(title)}* and shows a code. Enter it here.`),
      inputBlockOf({ id: FIELD, label: 'Code', optional: false, kind: 'text', placeholder: 'ABCD-EFGH', max: 40 }),
      contextBlock(
        `Only enter a code that your own browser shows. With somebody else’s, *${escapeMrkdwn(name)}* would use their account.`,
      ),
    ],
  })
  return { ...view, notify_on_close: true }
}

/** The same as a message with a button, for who has closed the modal. */
export function signInCodeMessage(request: CodeRequest): MessageContent {
  const [title, name] = [truncate(request.title, 80), truncate(request.name, 80)]
  return {
    text: `One step left for ${escapeMrkdwn(title)}: enter the code that your browser shows.`,
    blocks: [
      sectionBlock(
        `:key: *One step left for ${escapeMrkdwn(title)}.* Your browser shows a code. Enter it here, and *${escapeMrkdwn(name)}* is signed in.`,
      ),
      actionsBlock([
        createButton({
          text: 'Enter the code',
          action: 'sign_in_code_open',
          value: JSON.stringify({ ...request, title, name }),
          style: 'primary',
        }),
      ]),
    ],
  }
}

type CodeDeps = WebApiDeps & ConnectionDeps

export function registerSignInCode(app: App, deps: CodeDeps): void {
  onButtonPress(app, deps, 'sign_in_code_open', async ({ value, responder }) => {
    await responder.openModal(signInCodeModal(CodeRequest.parse(JSON.parse(value))))
  })
  onViewSubmission(app, deps, 'sign_in_code', (submit) => tryCode(deps, submit))
  onViewClosed(app, deps, 'sign_in_code', ({ by, privateMetadata }) => {
    const request = CodeRequest.parse(JSON.parse(privateMetadata))
    return replySignInOutcome(deps, { by, ...request }, signInCodeMessage(request))
  })
}

async function tryCode(
  { connect }: CodeDeps,
  { by, typed, viewId, privateMetadata, ack }: ViewSubmission,
): Promise<void> {
  const { id, title } = CodeRequest.parse(JSON.parse(privateMetadata))
  const answer = await connect.confirmSignIn(by, { id, code: typed[FIELD] ?? '', place: { view: viewId } })
  if (answer.outcome === 'over') {
    await ack({ response_action: 'update', view: loadingModal('Sign in', `Signing in to ${title}…`) })
    return answer.finish()
  }
  const words = answer.outcome === 'gone' ? GONE : wrongCodeText(answer.left)
  await ack({ response_action: 'errors', errors: { [FIELD]: words } })
}

const GONE =
  'This sign-in is over: the code was entered already, or it has expired. Close this and look at your connections.'

const wrongCodeText = (left: number): string =>
  `That is not the code that your browser shows. You can try ${left === 1 ? 'once more' : `${left} more times`}.`

/** Asks for the code where the sign-in was started; if that modal is closed, in a message. Never throws. */
export async function askForSignInCode(deps: WebApiDeps, { id, by, title, name, place }: SignInCode): Promise<void> {
  try {
    const { view, channel, thread } = place
    const request = { id, title, name, ...(channel && { channel }), ...(thread && { thread }) }
    if (view !== undefined && (await updateModalView(deps, view, signInCodeModal(request)))) return
    await replySignInOutcome(deps, { by, channel, thread }, signInCodeMessage(request))
  } catch (error) {
    deps.log.error({ user: by.user, why: errorChainOf(error) }, 'sign-in code not asked for')
  }
}
