import { join } from 'node:path'
import { readAgentFiles, readTemplates } from './agents/agent-files.ts'
import { createAgents } from './agents/create-agents.ts'
import type { readCards } from './cards/read.ts'
import { ConnectSubmissionDetails } from './connect/connect-types.ts'
import { createToolPins } from './connect/pins/tool-pins.ts'
import { SecretEntryDetails } from './connect/secret-entry-types.ts'
import { SignInDetails } from './connect/sign-in-types.ts'
import type { Db } from './db/call.ts'
import type { Log } from './log.ts'
import { createAuditRows } from './policy/audit/audit-rows.ts'
import { createRules } from './policy/rules.ts'
import { createSettings } from './policy/settings.ts'
import { createConnectSubmissions } from './registry/connect-submissions.ts'
import { createOnboardingMessages } from './registry/onboarding-messages.ts'
import { createOwnCards } from './registry/own-cards.ts'
import { createPersonRows } from './registry/person-rows.ts'
import { createRegistry } from './registry/registry.ts'
import { createResourceSubscriptions } from './registry/resource-subscriptions.ts'
import { createSecretEntries } from './registry/secret-entries.ts'
import { createSharedConnections } from './registry/shared-connections.ts'
import { createSignInCodes } from './registry/sign-in-codes.ts'
import { createSignIns } from './registry/sign-ins.ts'
import { createToolChanges } from './registry/tool-changes.ts'
import { createReminders } from './run/decisions/reminders.ts'
import { createUsageReports } from './run/usage.ts'
import { createWorkflows } from './workflows/create-workflows.ts'
import { readWorkflows } from './workflows/definition/workflow-files.ts'

/** People's connections as rows, with the tools that each keeps, and what of them is watched. */
export function createConnectionRecords(db: Db, cards: ReturnType<typeof readCards>, log: Log) {
  const changes = createToolChanges(db)
  const pins = createToolPins({ cards, registry: createRegistry(db), changes, log })
  return {
    registry: pins.registry,
    pins,
    changes,
    subscriptions: createResourceSubscriptions(db),
    shared: createSharedConnections(db),
  }
}

/** What a connect keeps until it is finished. */
export const connectRowsIn = (db: Db) => ({
  ownCards: createOwnCards(db),
  submissions: createConnectSubmissions(db, ConnectSubmissionDetails),
  signIns: createSignIns(db, SignInDetails),
  signInCodes: createSignInCodes(db, SignInDetails),
  secretEntries: createSecretEntries(db, SecretEntryDetails),
  personRows: createPersonRows(db),
})

const AGENTS = join(import.meta.dirname, '..', 'agents')
const WORKFLOWS = join(import.meta.dirname, '..', 'workflows')

export const recordsIn = (db: Db) => ({
  agents: createAgents(db, readAgentFiles(AGENTS), readTemplates(join(AGENTS, 'templates'))),
  workflows: createWorkflows(db, readWorkflows(WORKFLOWS)),
  onboarding: createOnboardingMessages(db),
  rules: createRules(db),
  settings: createSettings(db),
  auditRows: createAuditRows(db),
  personRows: createPersonRows(db),
  usage: createUsageReports(db),
  reminders: createReminders(db),
})
