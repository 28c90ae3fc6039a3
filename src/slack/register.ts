import type { App } from '@slack/bolt'
import { registerApprovals } from './approvals.ts'
import { registerCommand } from './command.ts'
import { registerDisconnect } from './commands/disconnect.ts'
import { registerRules } from './commands/rules.ts'
import { registerTools } from './commands/tools.ts'
import { registerConnect } from './connect-modal.ts'
import type { Deps } from './deps.ts'
import { registerFeedback } from './feedback.ts'
import { registerHome } from './home.ts'
import { registerMessages } from './messages.ts'
import { registerMessagesTab } from './messages-tab.ts'
import { registerRunButtons } from './run-buttons.ts'
import { registerSettings } from './settings.ts'
import { registerShortcuts } from './shortcuts.ts'
import { registerSignIn } from './sign-in.ts'
import { registerStarters } from './starters.ts'
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
  registerRunButtons(app, deps)
  registerTools(app, deps)
  registerDisconnect(app, deps)
  registerRules(app, deps)
  registerFeedback(app, deps)
  registerHome(app, deps)
  registerSettings(app, deps)
}
