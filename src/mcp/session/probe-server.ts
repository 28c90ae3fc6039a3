import { AppError } from '../../errors.ts'
import type { StoredTool } from '../../registry/connection.ts'
import { listTools, readServerFeatures } from '../features/read-server-info.ts'
import { serverInstructionsOf } from '../features/server-instructions.ts'
import { classifyError, pageText, toAppError } from '../protocol/classify-error.ts'
import { describeServerError } from '../protocol/server-error-text.ts'
import { hasKnownAddress, type Target } from '../protocol/server-target.ts'
import { callTool } from '../requests/call-tool.ts'
import type { Probe } from '../requests/outcome.ts'
import type { OpenDeps, Session, SessionRequest } from '../transport/session.ts'
import { openSession } from './open-session.ts'

const CHECK_MS = 20_000

/** What `Mcp.probe` says. Also ends what it started when it fails. */
export async function probeServer(
  deps: OpenDeps,
  { target, secrets, bearer }: Pick<SessionRequest, 'target' | 'secrets' | 'bearer'>,
  signal: AbortSignal,
): Promise<Probe> {
  const began = performance.now()
  const opening = { target, secrets, bearer, era: undefined, onChanged: () => undefined }
  const session = await openSession(deps, opening, signal)
  try {
    const { tools, unusableTools } = await listTools(session.client, session.redactor, signal)
    const ms = Math.round(performance.now() - began)
    if (tools.length === 0)
      throw new AppError(
        'server_refused',
        `${target.title} answers, but offers no tools. Check what the credential may do${pageText(target.docs)}`,
      )
    await makeCheck(session, target, tools, signal)
    const offers = await readServerFeatures(session, signal)
    const serverName = session.redactor.text(session.client.getServerVersion()?.name ?? '')
    return {
      tools,
      unusableTools,
      instructions: serverInstructionsOf(session),
      serverName,
      protocolVersion: session.client.getNegotiatedProtocolVersion() ?? '',
      ms,
      offers,
      era: session.era,
      sandbox: target.kind === 'stdio' ? deps.sandbox.summary : undefined,
    }
  } catch (error) {
    signal.throwIfAborted()
    const signedIn = Object.keys(secrets).length > 0
    const seconds = Math.round((performance.now() - began) / 1000)
    if (error instanceof AppError) throw error
    const { title, docs } = target
    const label = { title, docs, seconds, signedIn, known: hasKnownAddress(target), signsIn: bearer !== undefined }
    const connecting = true
    throw toAppError(classifyError(error, { ...label, connecting }), error)
  } finally {
    await session.close()
  }
}

/** Some servers list their tools to any credential; the card then names a harmless call that shows whether it is good. */
async function makeCheck(session: Session, target: Target, tools: StoredTool[], signal: AbortSignal): Promise<void> {
  for (const check of target.checks) {
    const tool = tools.find((one) => one.name === check.tool)
    if (tool === undefined) continue
    const times = { timeoutMs: CHECK_MS, totalMs: CHECK_MS }
    const outcome = await callTool(session, { tool, args: check.arguments }, times, {
      signal,
      onProgress: () => undefined,
    })
    if (outcome.kind === 'ok') return
    const text =
      outcome.kind === 'tool_error'
        ? outcome.content.map((part) => (part.type === 'text' ? part.text : '')).join(' ')
        : ''
    const why = describeServerError(text, `Check what you filled in${pageText(target.docs)}`)
    throw new AppError('server_refused', `${target.title} starts, but ${why}`)
  }
}
