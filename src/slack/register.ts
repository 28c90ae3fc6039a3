import type { App } from '@slack/bolt'
import { registerApprovals } from './approvals.ts'
import { registerCommand } from './command.ts'
import { registerDisconnect } from './commands/disconnect.ts'
import { registerPrompts } from './commands/prompts.ts'
import { registerResources } from './commands/resources.ts'
import { registerRules } from './commands/rules.ts'
import { registerSearch } from './commands/search.ts'
import { registerSkills } from './commands/skills.ts'
import { registerTools } from './commands/tools.ts'
import { registerConnect } from './connect-modal.ts'
import type { Deps } from './deps.ts'
import { registerFeedback } from './feedback.ts'
import { registerHome } from './home.ts'
import { registerInputs } from './inputs.ts'
import { registerMessages } from './messages.ts'
import { registerMessagesTab } from './messages-tab.ts'
import { registerRemoval } from './removal.ts'
import { registerRunButtons } from './run-buttons.ts'
import { registerRunDetails } from './run-details.ts'
import { registerSettings } from './settings.ts'
import { registerShortcuts } from './shortcuts.ts'
import { registerSignIn } from './sign-in.ts'
import { registerStarters } from './starters.ts'
import { registerValues } from './values.ts'
import { registerWatching } from './watching.ts'
import { registerWelcome } from './welcome.ts'

/** Everything the app listens to. */
export function register(app: App, deps: Deps): void {
  registerMessages(app, deps)
  registerMessagesTab(app, deps)
  registerWelcome(app, deps)
  registerShortcuts(app, deps)
  registerCommand(app, deps)
  registerConnect(app, deps)
  registerSignIn(app, deps)
  registerStarters(app, deps)
  registerApprovals(app, deps)
  registerInputs(app, deps)
  registerRunButtons(app, deps)
  registerRunDetails(app, deps)
  registerTools(app, deps)
  registerSearch(app, deps)
  registerResources(app, deps)
  registerPrompts(app, deps)
  registerSkills(app, deps)
  registerValues(app, deps)
  registerWatching(app, deps)
  registerDisconnect(app, deps)
  registerRules(app, deps)
  registerFeedback(app, deps)
  registerHome(app, deps)
  registerSettings(app, deps)
  registerRemoval(app, deps)
}
