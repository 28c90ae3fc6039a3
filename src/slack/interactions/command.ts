import type { SlackDeps } from '../deps.ts'
import type { Responder } from './responder.ts'

/** One word after `/mcp`. */
export type Command = {
  name: string
  /** What may stand after the name. */
  usage: string
  what: string
  /** Not offered in help and suggestions: for buttons. */
  hidden?: boolean
  run(deps: SlackDeps, asked: CommandRequest): Promise<void>
}

export type CommandRequest = { words: string[]; scene: Responder }
