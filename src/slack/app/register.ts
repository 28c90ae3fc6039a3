import type { App } from '@slack/bolt'
import { registerAgentForm } from '../agents/agent-form-actions.ts'
import { registerAgentOffer } from '../agents/agent-offer.ts'
import { registerAgents } from '../agents/agents-command.ts'
import { registerAskAnother } from '../agents/ask-another.ts'
import { registerSecondOpinion } from '../agents/second-opinion.ts'
import { registerApprovals } from '../approvals/approval-actions.ts'
import { registerApprovalGroups } from '../approvals/group-actions.ts'
import { registerAudit } from '../audit/audit-command.ts'
import { registerPrompts } from '../catalog/prompts-command.ts'
import { registerResourceUpdates } from '../catalog/resource-updates.ts'
import { registerResources } from '../catalog/resources-command.ts'
import { registerSearch } from '../catalog/search-command.ts'
import { registerSkills } from '../catalog/skills-command.ts'
import { registerTemplateValues } from '../catalog/template-values.ts'
import { registerTools } from '../catalog/tools-command.ts'
import { registerMcpCommand } from '../commands/mcp-command.ts'
import { registerConnect } from '../connections/connect-modal.ts'
import { registerConnectRetry } from '../connections/connect-retry.ts'
import { registerDisconnect } from '../connections/connection-commands.ts'
import { registerSignInCode } from '../connections/enter-sign-in-code.ts'
import { registerSecretEntry } from '../connections/secret-entry.ts'
import { registerSignIn } from '../connections/sign-in.ts'
import type { SlackDeps } from '../deps.ts'
import { registerInputs } from '../elicitation/elicitation-actions.ts'
import { registerForget } from '../forget/forget-command.ts'
import { registerHome } from '../home/home.ts'
import { registerSettings } from '../home/settings-actions.ts'
import { registerFeedback } from '../messages/feedback.ts'
import { registerMessages } from '../messages/message-events.ts'
import { registerScheduleOffer } from '../messages/offer-schedule.ts'
import { registerMessagesTab } from '../onboarding/messages-tab.ts'
import { registerStarterQuestions } from '../onboarding/starter-questions.ts'
import { registerWelcome } from '../onboarding/welcome.ts'
import { registerCardSharing } from '../own-cards/card-sharing.ts'
import { registerCards } from '../own-cards/cards-command.ts'
import { registerImport } from '../own-cards/import-command.ts'
import { registerSaveCard } from '../own-cards/save-card.ts'
import { registerToolClasses } from '../own-cards/tool-classes.ts'
import { registerRules } from '../rules/rules-command.ts'
import { registerWorkspaceRules } from '../rules/workspace-rule-actions.ts'
import { registerRunActions } from '../run-details/run-actions.ts'
import { registerRunDetails } from '../run-details/run-details.ts'
import { registerShare } from '../shared/share-command.ts'
import { registerShortcuts } from '../shortcuts/shortcuts.ts'
import { registerToolChanges } from '../tool-changes/accept-changes.ts'
import { registerScheduleForm } from '../triggers/schedule-form-actions.ts'
import { registerSchedules } from '../triggers/schedules-command.ts'
import { registerParkedSteps } from '../workflows/parked-actions.ts'
import { registerRunWorkflow } from '../workflows/run-workflow.ts'
import { registerSaveWorkflow } from '../workflows/save-actions.ts'
import { registerWorkflows } from '../workflows/workflows-command.ts'
import { registerWorkflowYaml } from '../workflows/yaml-actions.ts'
import { registerUninstall } from './uninstall.ts'

/** Registers everything the app listens to. */
export function registerListeners(app: App, deps: SlackDeps, forgetToken: () => Promise<void>): void {
  registerMessages(app, deps)
  registerMessagesTab(app, deps)
  registerWelcome(app, deps)
  registerShortcuts(app, deps)
  registerMcpCommand(app, deps)
  registerConnect(app, deps)
  registerConnectRetry(app, deps)
  registerSignIn(app, deps)
  registerSignInCode(app, deps)
  registerSecretEntry(app, deps)
  registerStarterQuestions(app, deps)
  registerApprovals(app, deps)
  registerApprovalGroups(app, deps)
  registerInputs(app, deps)
  registerRunActions(app, deps)
  registerRunDetails(app, deps)
  registerTools(app, deps)
  registerSearch(app, deps)
  registerResources(app, deps)
  registerPrompts(app, deps)
  registerSkills(app, deps)
  registerTemplateValues(app, deps)
  registerResourceUpdates(app, deps)
  registerDisconnect(app, deps)
  registerToolChanges(app, deps)
  registerImport(app, deps)
  registerSaveCard(app, deps)
  registerCards(app, deps)
  registerCardSharing(app, deps)
  registerToolClasses(app, deps)
  registerRules(app, deps)
  registerWorkspaceRules(app, deps)
  registerAudit(app, deps)
  registerForget(app, deps)
  registerShare(app, deps)
  registerWork(app, deps)
  registerFeedback(app, deps)
  registerHome(app, deps)
  registerSettings(app, deps)
  registerUninstall(app, deps, forgetToken)
}

/** Who does work, what of it is named, and what starts by itself. */
function registerWork(app: App, deps: SlackDeps): void {
  registerAgents(app, deps)
  registerAgentForm(app, deps)
  registerAgentOffer(app, deps)
  registerAskAnother(app, deps)
  registerSecondOpinion(app, deps)
  registerWorkflows(app, deps)
  registerWorkflowYaml(app, deps)
  registerRunWorkflow(app, deps)
  registerSaveWorkflow(app, deps)
  registerParkedSteps(app, deps)
  registerSchedules(app, deps)
  registerScheduleForm(app, deps)
  registerScheduleOffer(app, deps)
}
