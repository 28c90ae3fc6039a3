import type { ConnectionId, UserId } from '../ids.ts'
import type { ArgumentFinding } from './arguments/find-risks.ts'
import { type Flow, flowReasonsOf } from './flow/flow.ts'
import { destructiveVerbIn } from './name-verb.ts'
import { type Risk, strictestOf } from './risk.ts'
import { isWithinReach, type RuleReach } from './rule-reach.ts'
import type { Rule } from './rules.ts'
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
  /** The thread the call is made in, for rules that hold only there. */
  conversation?: string | undefined
  /** What a rule made on this call would hold for; undefined: none may be made. */
  reach?: RuleReach | undefined
  /** The workspace's approvers. */
  approvers: UserId[]
  /** Set where the connection is the workspace's own: who may use it, and how far. */
  shared?: { audience: 'everybody' | 'approvers' | 'people'; level: 'reads' | 'writes_ask' | 'all_ask' } | undefined
}

export type Verdict =
  | { kind: 'allow'; risk: Risk; why: string[] }
  | {
      kind: 'ask'
      risk: 'write' | 'destructive'
      approvers: UserId[]
      fourEyes: boolean
      mayAlways: boolean
      why: string[]
    }
  | { kind: 'deny'; risk: Risk; why: string[] }

/**
 * May this call go ahead? Pure. Strictest wins, in this order: a workspace's deny, its connection's level, its other rules,
 * the person's own rules, the card's word, and by default everything but a curated read asks.
 */
export function decide(asked: CallFacts, rules: Rule[]): Verdict {
  const { risk, why: grounds } = assessRisk(asked)
  const leaves = flowReasonsOf(asked.flow)
  const why = [...leaves, ...grounds]
  const ofWorkspace = rules.filter((rule) => rule.scope === 'workspace' && matches(rule, asked, risk))
  const own = rules.filter((rule) => rule.scope === 'person' && matches(rule, asked, risk))
  const denied = denialIn([...ofWorkspace, ...own], asked, risk)
  if (denied) return { kind: 'deny', risk, why: [denied] }
  const asks = ofWorkspace.filter((rule) => rule.verdict === 'ask')
  const first = [...asks.slice(0, 1).map(() => 'A workspace rule says to ask first.'), ...shareReasonsOf(asked, risk)]
  if (first.length > 0) return ask(asked, risk, { why: [...first, ...why], rules: asks })
  if (ofWorkspace.some((rule) => rule.verdict === 'allow'))
    return { kind: 'allow', risk, why: ['A workspace rule allows it.'] }
  if (own.some((rule) => rule.verdict === 'ask'))
    return ask(asked, risk, { why: ['Your own rule says to ask first.', ...why], rules: [] })
  const isStanding = risk !== 'destructive' && !isUnusual(asked)
  const allowed = isStanding ? own.find((rule) => allowsNow(rule, asked)) : undefined
  if (allowed) return { kind: 'allow', risk, why: [allowReason(allowed)] }
  if (risk === 'read' && leaves.length === 0) return { kind: 'allow', risk, why }
  return ask(asked, risk, { why, rules: [] })
}

function denialIn(rules: Rule[], { shared }: CallFacts, risk: Risk): string | undefined {
  const rule = rules.find(({ verdict }) => verdict === 'deny')
  if (rule) return denyReason(rule)
  return shared?.level === 'reads' && risk !== 'read' ? READS_ONLY : undefined
}

const READS_ONLY =
  "This is the workspace's connection, and its owners let it only read. What nobody has classed counts as a change."

/** Why a call with the workspace's own connection asks, whatever a member allowed for themselves. */
function shareReasonsOf({ shared, shownIn }: CallFacts, risk: Risk): string[] {
  if (shared === undefined) return []
  const isLimited = shared.audience !== 'everybody' && shownIn !== undefined
  const limited = isLimited ? ['Not everybody may use this connection, and others can read the answer here.'] : []
  if (shared.level === 'all_ask') return [ALL_ASK, ...limited]
  return risk === 'read' ? limited : [WRITES_ASK, ...limited]
}

const ALL_ASK = 'The owners of this workspace want to be sure: every call with this connection asks.'
const WRITES_ASK = 'The owners of this workspace want to be sure: each change with this connection asks.'

/** A standing permission cannot know what the arguments of the next call show, or what leaves with it. */
const isUnusual = ({ flow, findings = [] }: CallFacts): boolean => findings.length > 0 || flowReasonsOf(flow).length > 0

/** Who may decide an approval of this risk now. The requester confirms own writes; what destroys goes to the approvers. */
export function approversFor(o: { risk: Risk; fourEyes: boolean; requester: UserId; approvers: UserId[] }): UserId[] {
  const others = o.approvers.filter((user) => user !== o.requester)
  if (o.fourEyes) return others
  if (o.risk === 'destructive' && o.approvers.length > 0) return o.approvers
  return [o.requester, ...others]
}

function ask(asked: CallFacts, risk: Risk, grounds: { why: string[]; rules: Rule[] }): Verdict {
  const fourEyes = grounds.rules.some((rule) => rule.fourEyes)
  const level = risk === 'destructive' ? 'destructive' : 'write'
  const approvers = approversFor({ risk: level, fourEyes, requester: asked.requester, approvers: asked.approvers })
  if (approvers.length === 0) {
    const why =
      'A workspace rule wants a second person to approve this, and the workspace has no approvers. An owner or admin can name them in my Home tab.'
    return { kind: 'deny', risk, why: [why] }
  }
  // A standing permission is for what can be undone and read, and never against a rule that says to ask.
  const isPlain = !isUnusual(asked) && asked.reach !== undefined
  const isOwn = asked.shared === undefined
  const mayAlways = level === 'write' && grounds.rules.length === 0 && isPlain && isOwn
  const shown = asked.shownIn === undefined ? [] : [`The answer will be visible to everyone in ${asked.shownIn}.`]
  const reaches = asked.hosts.length === 0 ? [] : [`It names ${asked.hosts.join(', ')}.`]
  const why = [...grounds.why, ...reaches, ...untrustedReasons(asked), ...shown]
  return { kind: 'ask', risk: level, approvers, fourEyes, mayAlways, why }
}

/** Whoever decides should know that the wish may be somebody else's. */
function untrustedReasons({ untrusted = [] }: CallFacts): string[] {
  if (untrusted.length === 0) return []
  return [`Before this, I read text from ${untrusted.join(', ')} that nobody has checked.`]
}

/** How much harm the call could do, and the reasons in words. */
function assessRisk(asked: CallFacts): { risk: Risk; why: string[] } {
  const grounds = [...groundsOf(asked), ...(asked.findings ?? [])]
  const { risk } = grounds.reduce(strictestOf)
  const isSaid = (ground: { risk: Risk; why: string }, at: number) =>
    ground.why !== '' && (ground.risk === risk || (at === 0 && asked.word.class === undefined))
  return { risk, why: grounds.filter(isSaid).map(({ why }) => why) }
}

function groundsOf(asked: CallFacts): { risk: Risk; why: string }[] {
  if (asked.sql && asked.word.class !== undefined) return [asked.sql]
  return [fromCard(asked), ...(asked.word.vouched ? [] : [...fromServer(asked), ...fromName(asked)])]
}

const CARD_REASONS: Record<Risk, string> = {
  read: 'It only reads.',
  write: 'It changes something.',
  destructive: 'It can destroy or overwrite something.',
}

function fromCard({ word, annotations }: CallFacts): { risk: Risk; why: string } {
  if (word.class !== undefined) return { risk: word.class, why: CARD_REASONS[word.class] }
  const claimed = claimedRiskOf(annotations)
  const risk = claimed === 'destructive' && !word.vouched ? claimed : 'write'
  return { risk, why: `${uncheckedText(annotations)}.` }
}

/** What is said of a tool that no card classes: only that, and what its server says. */
export function uncheckedText(annotations: CallFacts['annotations']): string {
  const claimed = claimedRiskOf(annotations)
  const words = 'Nobody here has checked what this does'
  return claimed === undefined ? words : `${words}; its server says it ${CLAIMS[claimed]}`
}

/** What a server says of a tool's harm. */
export function claimText(annotations: CallFacts['annotations']): string {
  const claimed = claimedRiskOf(annotations)
  return claimed === undefined ? 'nothing of what it can do' : `it ${CLAIMS[claimed]}`
}

const CLAIMS: Record<Risk, string> = {
  read: 'only reads',
  write: 'changes something',
  destructive: 'can destroy something',
}

function claimedRiskOf(annotations: CallFacts['annotations']): Risk | undefined {
  if (annotations?.readOnlyHint === true) return 'read'
  if (annotations?.destructiveHint === true) return 'destructive'
  return annotations?.readOnlyHint === false || annotations?.destructiveHint === false ? 'write' : undefined
}

/** A claim that makes what the card says stricter. Of a tool without a class the card's ground says it already. */
function fromServer({ word, annotations }: CallFacts): { risk: Risk; why: string }[] {
  if (word.class === undefined) return []
  if (annotations?.destructiveHint === true && annotations.readOnlyHint !== true) {
    return [{ risk: 'destructive', why: 'Its server says it can destroy something.' }]
  }
  return annotations?.readOnlyHint === false ? [{ risk: 'write', why: 'Its server says it changes something.' }] : []
}

function fromName({ tool }: CallFacts): { risk: Risk; why: string }[] {
  const verb = destructiveVerbIn(tool)
  return verb === undefined ? [] : [{ risk: 'destructive', why: `Its name says "${verb}".` }]
}

function matches(rule: Rule, asked: CallFacts, risk: Risk): boolean {
  if (rule.tool !== '*' && rule.tool !== asked.tool) return false
  if (!concerns(rule, asked, risk)) return false
  if (rule.card !== undefined && rule.card !== asked.card) return false
  if (rule.conversation !== undefined && rule.conversation !== asked.conversation) return false
  return rule.connection === undefined || rule.connection === asked.connection
}

const concerns = ({ class: harm, channel }: Rule, { shownIn }: CallFacts, risk: Risk): boolean =>
  (harm === undefined || HARM[harm].includes(risk)) && (channel === undefined || shownIn === `<#${channel}>`)

/** What a rule about a class is about: whatever can destroy something changes it, too. */
const HARM: Record<Risk, Risk[]> = { read: ['read'], write: ['write', 'destructive'], destructive: ['destructive'] }

/** A rule from before rules were narrow has no reach, and holds for nothing. */
const allowsNow = ({ verdict, definition, reach }: Rule, asked: CallFacts): boolean =>
  verdict === 'allow' &&
  definition === asked.definition &&
  reach !== undefined &&
  asked.reach !== undefined &&
  isWithinReach(reach, asked.reach)

const allowReason = ({ conversation }: Rule): string =>
  conversation === undefined ? 'You chose "Always allow" for it.' : 'You chose "Allow in this thread" for it.'

const denyReason = (rule: Rule): string =>
  rule.scope === 'workspace' ? 'A workspace rule forbids it.' : 'Your own rule forbids it.'

/** Host names of the URLs in a call's arguments, at any depth; sorted, each once. */
export function hostsIn(value: unknown): string[] {
  const hosts = new Set<string>()
  const queue: unknown[] = [value]
  for (let at = queue.pop(); at !== undefined; at = queue.pop()) {
    if (typeof at === 'string') for (const host of hostsInText(at)) hosts.add(host)
    else if (typeof at === 'object' && at !== null) queue.push(...Object.values(at))
  }
  return [...hosts].sort()
}

const hostsInText = (text: string): string[] =>
  [...text.matchAll(/\bhttps?:\/\/[^\s"'<>)\]]+/gi)].flatMap(([url]) => (URL.canParse(url) ? [new URL(url).host] : []))
