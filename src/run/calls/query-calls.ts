import type { JsonObject } from '../../json.ts'
import { toFileName, toSnakeCase } from '../files/file-name.ts'

type Call = { tool: string; arguments: JsonObject }

/** Tools whose answer is the rows of a query. */
const QUERY_TOOL =
  /(?:^|_)(?:sql|query|queries|select|rows|records|documents?)(?:_|$)|^(?:find|aggregate)(?:_(?:all|many))?$/
/** Tools that say what a database holds, mostly for the model's next step. */
const LISTING_TOOL =
  /(?:^|_)(?:tables?|schemas?|columns?|objects?|databases?|collections?|indexes|functions|describe)(?:_|$)/
const SQL =
  /^(?:\s|\(|--[^\n]*\n|\/\*[\s\S]*?\*\/)*(?:select\b|with\b[\s\S]+\bas\b|insert\s+into\b|update\b[\s\S]+\bset\b|delete\s+from\b|merge\s+into\b|pragma\b|values\s*\(|show\s+\w+|explain\b|describe\s)/i
const SQL_KEY = /sql|query|statement|command/i

/** The SQL that a call runs; undefined where it runs none. */
export const sqlIn = ({ arguments: args }: Call): string | undefined =>
  Object.entries(args).flatMap(([key, value]) =>
    typeof value === 'string' && SQL_KEY.test(key) && SQL.test(value) ? [value] : [],
  )[0]

/** Whether a call asks a database for rows. */
export const isQueryCall = (call: Call): boolean => sqlIn(call) !== undefined || QUERY_TOOL.test(toSnakeCase(call.tool))

/** Whether a call asks what a database holds, and not for its rows. */
export const isListingCall = (call: Call): boolean => !isQueryCall(call) && LISTING_TOOL.test(toSnakeCase(call.tool))

const TABLE_KEY = /^(?:table|table_?name|collection|collection_?name|relation|entity|view)$/i
/** A name, or several parted by dots, in whatever quotes the dialect has. */
const NAMED = String.raw`((?:["'\x60[]?[\p{L}_][\p{L}\p{N}_$ -]*?["'\x60\]]?\.)*(?:"[^"]+"|\x60[^\x60]+\x60|\[[^\]]+\]|[\p{L}_][\p{L}\p{N}_$]*))`
const FROM = new RegExp(String.raw`\b(?:from|into|update|join|table)\s+(?:only\s+)?${NAMED}`, 'iu')

const LAST_NAME = /(?:"[^"]+"|`[^`]+`|\[[^\]]+\]|[^.]+)$/

/** What the rows of a call are rows of: the table it names, or the first of its SQL. */
export function tableNameOf(call: Call, sql = sqlIn(call)): string | undefined {
  const named = Object.entries(call.arguments).find(([key, value]) => TABLE_KEY.test(key) && typeof value === 'string')
  const found = named === undefined ? FROM.exec(withoutComments(sql ?? ''))?.[1] : String(named[1])
  const last = LAST_NAME.exec(found ?? '')?.[0]
    .replace(/["'`[\]]/g, '')
    .trim()
  return last === undefined ? undefined : toFileName(last) || undefined
}

/** Neither comments nor texts name a table. */
const withoutComments = (sql: string): string =>
  sql.replace(/--[^\n]*|\/\*[\s\S]*?\*\/|'(?:[^']|'')*'/g, (part) => (part.startsWith("'") ? "''" : ' '))

const DEEDS: [RegExp, string][] = [
  [/\bdelete\s+from\b/i, 'deleted'],
  [/\bupdate\b[\s\S]+\bset\b/i, 'changed'],
  [/\b(?:insert|merge|replace)\s+(?:or\s+\w+\s+)?into\b/i, 'added'],
]

/** What a statement does to rows, in the past tense; undefined for one that only reads. */
export const rowDeedOf = (sql: string): string | undefined =>
  DEEDS.find(([deed]) => deed.test(withoutComments(sql)))?.[1]
