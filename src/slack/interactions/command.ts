import type { SlackDeps } from '../deps.ts'
import type { Responder } from './responder.ts'

/** A subcommand of `/mcp`. */
export type Command = {
  name: string
  /** The arguments after the name, for the help. */
  usage: string
  description: string
  /** Only buttons run it: it is left out of help and suggestions. */
  hidden?: boolean
  run(deps: SlackDeps, asked: CommandRequest): Promise<void>
}

export type CommandRequest = { words: string[]; responder: Responder }
