import type { ElicitRequestFormParams, ElicitRequestURLParams, InputRequiredResult } from '@modelcontextprotocol/client'
import type { Egress } from '../../egress/egress.ts'
import { isAppError } from '../../errors.ts'
import { truncate } from '../../text.ts'
import type { Redactor } from '../protocol/redactor.ts'
import type { InputRequest, PendingInputRequest } from './input-request.ts'
import { createUnaskableError, readFormSchema } from './read-form-schema.ts'

/** How texts of a server are redacted, and which addresses it may send a person to. */
export type ElicitationPolicy = { redactor: Redactor; addressProblemIn(url: string): string | undefined }

/** A longer text is cut, because it has to fit a message. */
const MESSAGE_CHARS = 1_500
/** What Slack takes as a button's address. */
const URL_CHARS = 3_000
/** It is stored in the run's events, and sent back as it came. */
const STATE_CHARS = 64_000
const MOST_ASKS = 10

type Params = ElicitRequestFormParams | ElicitRequestURLParams

/** What a server wants of the person, with nothing in it that must not be shown. Throws AppError `server_refused` with what is wrong. */
export function readElicitation(params: Params, policy: ElicitationPolicy): InputRequest {
  const message = truncate(policy.redactor.text(params.message), MESSAGE_CHARS)
  if (!('url' in params))
    return { kind: 'form', message, fields: readFormSchema(params.requestedSchema, policy.redactor) }
  return { kind: 'url', message, url: pageOf(params.url, policy) }
}

/** The round of questions of an unfinished call (MCP 2026-07-28, basic/patterns/mrtr). */
export function readInputRequired(
  result: InputRequiredResult,
  policy: ElicitationPolicy,
): { asks: PendingInputRequest[]; state: string | undefined } {
  const { inputRequests = {}, requestState: state } = result
  if (state !== undefined && (state.length > STATE_CHARS || policy.redactor.text(state) !== state))
    throw createUnaskableError('keeps more in its question than can be kept here')
  const entries = Object.entries(inputRequests)
  if (entries.length === 0 && state === undefined) throw createUnaskableError('wants an answer to nothing')
  if (entries.length > MOST_ASKS) throw createUnaskableError('asks too many things at once')
  const asks = entries.map(([key, request]): PendingInputRequest => {
    if (request.method !== 'elicitation/create')
      throw createUnaskableError(`wants something Patchbay does not offer (${request.method})`)
    return {
      request: readElicitation(request.params, policy),
      resume: { how: 'answer', key, ...(state !== undefined && { state }) },
    }
  })
  return { asks, state }
}

/** Pages that have to be seen before the call can be made at all (error -32042 of the old protocol). */
export const readUrlElicitations = (
  elicitations: ElicitRequestURLParams[],
  policy: ElicitationPolicy,
): PendingInputRequest[] =>
  elicitations
    .slice(0, MOST_ASKS)
    .map((params) => ({ request: readElicitation(params, policy), resume: { how: 'again' } }))

function pageOf(url: string, { redactor, addressProblemIn: problemIn }: ElicitationPolicy): string {
  if (!URL.canParse(url) || url.length > URL_CHARS || redactor.text(url) !== url)
    throw createUnaskableError('wants a page opened whose address cannot be shown')
  const problem = problemIn(url)
  if (problem !== undefined) throw createUnaskableError(`wants a page opened that is not allowed (${problem})`)
  return new URL(url).href
}

/** What forbids opening this address, as far as no network is needed to know it. */
export function addressProblemIn(egress: Pick<Egress, 'precheck'>, url: string): string | undefined {
  try {
    egress.precheck(url)
    return undefined
  } catch (error) {
    if (isAppError(error, 'egress_refused')) return error.message
    throw error
  }
}
