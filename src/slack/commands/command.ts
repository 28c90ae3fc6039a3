import type { Deps } from '../deps.ts'
import type { Scene } from '../scene.ts'

/** One word after `/mcp`. */
export type Command = {
  name: string
  /** What may stand after the name. */
  usage: string
  what: string
  /** Not offered in help and suggestions: for buttons. */
  hidden?: boolean
  run(deps: Deps, asked: Asked): Promise<void>
}

export type Asked = { words: string[]; scene: Scene }
