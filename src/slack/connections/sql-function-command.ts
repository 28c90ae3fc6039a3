import type { KnownBlock } from '@slack/types'
import { SQL_FUNCTION_SOURCE } from '../../builtin/supabase/sql-function.ts'
import { toolFeatureOf } from '../../builtin/supabase/tool-features.ts'
import type { Connection } from '../../registry/connection.ts'
import {
  actionsBlock,
  createCommandButton,
  createMessageModal,
  type MessageContent,
  sectionBlock,
} from '../blocks/build-blocks.ts'
import { escapeMrkdwn, joinWords, pluralize } from '../blocks/text.ts'
import { findNamedConnection } from '../interactions/find-by-name.ts'
import type { Command } from '../interactions/interaction.ts'

type Tools = Pick<Connection, 'card' | 'inputs' | 'tools' | 'unusableTools'>

const SQL_TOOL = 'execute_sql'

/** A project reached by its URL and key, not the account's server. */
const isProject = ({ card, inputs }: Tools): boolean => card === 'supabase' && inputs.url !== undefined

export const lacksSqlFunction = (connection: Tools): boolean =>
  isProject(connection) && (connection.unusableTools ?? []).some(({ tool }) => tool === SQL_TOOL)

/** "8 database tools", or "7 of 8 database tools" without the one that needs a function; undefined for other services. */
export function projectToolsText(connection: Tools): string | undefined {
  if (!isProject(connection)) return undefined
  const byFeature = Map.groupBy(connection.tools, ({ name }) => toolFeatureOf(name))
  const counts = [...byFeature].map(([feature, { length }]) =>
    feature === 'database' && lacksSqlFunction(connection)
      ? `${length} of ${length + 1} database`
      : `${length} ${feature}`,
  )
  const all = pluralize(connection.tools.length, 'tool').replace(/^\S+ /, '')
  return `${joinWords(counts, 'and')} ${all}`
}

/** What `execute_sql` needs, and where to get it. */
export const sqlFunctionBlocks = ({ name }: Pick<Connection, 'name'>): KnownBlock[] => [
  sectionBlock(
    `:wrench: \`${SQL_TOOL}\` needs one function in your database. Without it I read and change one table at a time: no joins, no sums.`,
    createCommandButton('Copy it', `sql-function ${name}`),
  ),
]

/** Runs from the Copy it buttons. */
export const sqlFunctionCommand: Command = {
  name: 'sql-function',
  usage: '[connection]',
  description: 'shows the function that SQL needs',
  hidden: true,
  async run(deps, { words, responder }) {
    const connection = await findNamedConnection(deps, responder, words[0] ?? '', 'sql-function')
    if (connection === undefined) return
    const content = sqlFunctionMessage(connection)
    await responder.openModal(createMessageModal('One function for SQL', content, 'sql_function'))
  },
}

function sqlFunctionMessage(connection: Pick<Connection, 'name' | 'inputs'>): MessageContent {
  const editor = sqlEditorOf(connection.inputs.url ?? '')
  const open =
    editor === undefined ? 'Open the *SQL Editor* of your project' : `Open the <${editor}|SQL Editor> of your project`
  return {
    text: 'The function that SQL needs',
    blocks: [
      sectionBlock(
        `1. ${open}, paste this and press *Run*.\n2. Come back and press *Test again*.\nOnly the service key can call the function; it does what that key may do, and no more.`,
      ),
      sectionBlock(`\`\`\`\n${escapeMrkdwn(SQL_FUNCTION_SOURCE.trim())}\n\`\`\``),
      actionsBlock([createCommandButton('Test again', `test ${connection.name}`, 'primary')]),
    ],
  }
}

/** In Supabase's own dashboard; one's own Supabase has another. */
function sqlEditorOf(url: string): string | undefined {
  const project = /^https:\/\/([a-z]{20})\.supabase\.co(?:\/|$)/.exec(url)?.[1]
  return project === undefined ? undefined : `https://supabase.com/dashboard/project/${project}/sql/new`
}
