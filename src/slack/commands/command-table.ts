import { approversCommand } from '../approvals/approvers-command.ts'
import { rulesCommand } from '../approvals/rules-command.ts'
import { promptsCommand } from '../catalog/prompts-command.ts'
import { resourcesCommand } from '../catalog/resources-command.ts'
import { searchCommand } from '../catalog/search-command.ts'
import { skillsCommand } from '../catalog/skills-command.ts'
import { toolsCommand } from '../catalog/tools-command.ts'
import { connectCommand } from '../connections/connect-command.ts'
import { disconnectCommand } from '../connections/disconnect-command.ts'
import { listCommand } from '../connections/list-command.ts'
import { reconnectCommand } from '../connections/reconnect-command.ts'
import { signInCommand } from '../connections/sign-in-command.ts'
import { testCommand } from '../connections/test-command.ts'
import type { Command } from '../interactions/command.ts'
import { createHelpCommand } from './help-command.ts'

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
  createHelpCommand(() => COMMANDS),
]
