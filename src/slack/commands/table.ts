import { approversCommand } from './approvers.ts'
import type { Command } from './command.ts'
import { connectCommand } from './connect.ts'
import { disconnectCommand } from './disconnect.ts'
import { helpCommand } from './help.ts'
import { listCommand } from './list.ts'
import { promptsCommand } from './prompts.ts'
import { reconnectCommand } from './reconnect.ts'
import { resourcesCommand } from './resources.ts'
import { rulesCommand } from './rules.ts'
import { searchCommand } from './search.ts'
import { signInCommand } from './sign-in.ts'
import { skillsCommand } from './skills.ts'
import { testCommand } from './test.ts'
import { toolsCommand } from './tools.ts'

/** Every word after `/mcp`, in the order of the help. */
export const COMMANDS: Command[] = [
  connectCommand,
  searchCommand,
  listCommand,
  toolsCommand,
  resourcesCommand,
  promptsCommand,
  skillsCommand,
  testCommand,
  disconnectCommand,
  rulesCommand,
  approversCommand,
  reconnectCommand,
  signInCommand,
  // Last, as it lists the others.
  helpCommand(() => COMMANDS),
]
