import type { ConnectionId, UserId } from '../ids.ts'
import type { ArgumentFinding } from './arguments/find-risks.ts'
import type { Flow } from './flow/flow.ts'
import type { Risk } from './risk.ts'
import type { RuleReach } from './rule-reach.ts'
import type { SqlReading } from './sql/sql-reading.ts'

/** What is asked: one call, with all that is known of it. */
export type CallFacts = {
  requester: UserId
  connection: ConnectionId
  card: string
  tool: string
  /** Hash of the tool's definition now. */
  definition: string
  /** The card's word on the tool. `vouched`: the card answers for the server's claims too. */
  word: { class?: Risk | undefined; vouched: boolean }
  /** The server's claims: they may only make it stricter. */
  annotations: { readOnlyHint?: boolean | undefined; destructiveHint?: boolean | undefined } | undefined
  /** What the SQL among the arguments does, where the card says which argument holds SQL. */
  sql: SqlReading | undefined
  /** Host names among the arguments. */
  hosts: string[]
  /** What the arguments show that makes the call graver. */
  findings?: ArgumentFinding[] | undefined
  /** Where the call would send what the run has read. */
  flow?: Flow | undefined
  /** Connections whose resources or prompts were read for this request: nobody has checked what stands in them. */
  untrusted?: string[] | undefined
  /** The channel the answer is shown in, or undefined for the requester's own DM. */
  shownIn: string | undefined
  /** The channel others would see the answer in, where the connection reads what not everybody may and no answer of it was let in there. */
  showsIn?: string | undefined
  /** The thread the call is made in, for rules that hold only there. */
  conversation?: string | undefined
  /** What a rule made on this call would hold for; undefined: none may be made. */
  reach?: RuleReach | undefined
  /** The workspace's approvers. */
  approvers: UserId[]
  /** Who may approve of the user groups that the rules name, in place of the approvers; undefined: not known yet. */
  members?: UserId[] | undefined
  /** Set for a workspace connection: how far it may be used. */
  shared?: { level: 'reads' | 'writes_ask' | 'all_ask' } | undefined
}

export type Verdict =
  | { kind: 'allow'; risk: Risk; why: string[] }
  | {
      kind: 'ask'
      risk: 'write' | 'destructive'
      approvers: UserId[]
      fourEyes: boolean
      /** So many of them have to approve. */
      needed: number
      /** The Slack user groups whose members alone may approve it. */
      groups: string[]
      mayAlways: boolean
      /** It is asked only because others would see what it reads; a rule made on it holds for all that the connection reads there. */
      shows?: true
      why: string[]
    }
  | { kind: 'deny'; risk: Risk; why: string[] }
