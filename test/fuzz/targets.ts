import { runCards } from './cards.ts'
import { egressGuard } from './egress.ts'
import { commandWords, modalState } from './forms.ts'
import { mcpResults } from './mcp-results.ts'
import { ownCards } from './own-cards.ts'
import { redactor } from './redactor.ts'
import { sqlOnPostgres } from './sql-postgres.ts'
import { sqlOnSqlite } from './sql-sqlite.ts'
import type { FuzzTarget } from './target.ts'

/** Each gets an empty database where it wants one. */
export const TARGETS: Record<string, (databaseUrl: () => Promise<string>) => Promise<FuzzTarget>> = {
  'sql-sqlite': sqlOnSqlite,
  'sql-postgres': async (databaseUrl) => sqlOnPostgres(await databaseUrl()),
  redactor,
  egress: egressGuard,
  'run-cards': runCards,
  'own-cards': ownCards,
  'mcp-results': mcpResults,
  commands: commandWords,
  'modal-state': modalState,
}
