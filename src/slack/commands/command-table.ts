import { agentCommand } from '../agents/agent-form-actions.ts'
import { agentsCommand } from '../agents/agents-command.ts'
import { approversCommand } from '../approvals/approvers-command.ts'
import { auditCommand } from '../audit/audit-command.ts'
import { promptsCommand } from '../catalog/prompts-command.ts'
import { resourcesCommand } from '../catalog/resources-command.ts'
import { searchCommand } from '../catalog/search-command.ts'
import { skillsCommand } from '../catalog/skills-command.ts'
import { toolsCommand } from '../catalog/tools-command.ts'
import { connectCommand, reconnectCommand } from '../connections/connect-command.ts'
import { disconnectCommand, listCommand, testCommand } from '../connections/connection-commands.ts'
import { signInCommand } from '../connections/sign-in.ts'
import { sqlFunctionCommand } from '../connections/sql-function-command.ts'
import { forgetCommand } from '../forget/forget-command.ts'
import { appsCommand } from '../home/apps-command.ts'
import { ownersCommand } from '../home/owners-command.ts'
import { usageCommand } from '../home/usage-command.ts'
import type { Command } from '../interactions/interaction.ts'
import { cardsCommand } from '../own-cards/cards-command.ts'
import { importCommand } from '../own-cards/import-command.ts'
import { saveCardCommand } from '../own-cards/save-card.ts'
import { rulesCommand } from '../rules/rules-command.ts'
import { shareCommand } from '../shared/share-command.ts'
import { changesCommand } from '../tool-changes/accept-changes.ts'
import { schedulesCommand } from '../triggers/schedules-command.ts'
import { workflowsCommand } from '../workflows/workflows-command.ts'
import { workflowCommand } from '../workflows/yaml-actions.ts'
import { helpMessage } from './help-message.ts'

const helpCommand: Command = {
  name: 'help',
  usage: '',
  description: 'shows this',
  run: (_deps, { responder }) => responder.reply(helpMessage(COMMANDS.filter(({ hidden }) => !hidden)), 'Help'),
}

/** The subcommands of `/mcp`, in the order of the help. */
export const COMMANDS: Command[] = [
  connectCommand,
  searchCommand,
  importCommand,
  listCommand,
  toolsCommand,
  resourcesCommand,
  promptsCommand,
  skillsCommand,
  testCommand,
  disconnectCommand,
  agentsCommand,
  workflowsCommand,
  schedulesCommand,
  shareCommand,
  cardsCommand,
  rulesCommand,
  usageCommand,
  approversCommand,
  auditCommand,
  forgetCommand,
  ownersCommand,
  appsCommand,
  agentCommand,
  workflowCommand,
  reconnectCommand,
  signInCommand,
  saveCardCommand,
  sqlFunctionCommand,
  changesCommand,
  helpCommand,
]
