import type { Agents } from '../../agents/create-agents.ts'
import type { Connect } from '../../connect/connect-types.ts'
import type { ConnectionFeatures } from '../../connect/features/features.ts'
import type { Log } from '../../log.ts'
import type { AuditRows } from '../../policy/audit/audit-rows.ts'
import type { Rules } from '../../policy/rules.ts'
import type { Settings } from '../../policy/settings.ts'
import type { OnboardingMessages } from '../../registry/onboarding-messages.ts'
import type { PersonRows } from '../../registry/person-rows.ts'
import type { Registry } from '../../registry/registry.ts'
import type { Reminders } from '../../run/decisions/reminders.ts'
import type { Runs } from '../../run/runs.ts'
import type { UsageReports } from '../../run/usage.ts'
import type { Triggers } from '../../triggers/triggers.ts'
import type { Workflows } from '../../workflows/create-workflows.ts'
import type { SlackDeps } from '../deps.ts'

/** What the Slack app needs from the rest of Patchbay; all workspaces share it. */
export type SlackParts = {
  runs: Runs
  triggers: Triggers
  reminders: Reminders
  connect: Connect
  features: ConnectionFeatures
  registry: Registry
  pins: SlackDeps['pins']
  shared: SlackDeps['shared']
  onboarding: OnboardingMessages
  rules: Rules
  auditRows: AuditRows
  personRows: PersonRows
  settings: Settings
  usage: UsageReports
  agents: Agents
  workflows: Workflows
  log: Log
}
