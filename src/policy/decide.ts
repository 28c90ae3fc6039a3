import type { UserId } from '../ids.ts'
import type { CallFacts, Verdict } from './call-facts.ts'
import { flowReasonsOf } from './flow/flow.ts'
import { destructiveVerbIn } from './name-verb.ts'
import { type Risk, strictestOf } from './risk.ts'
import { isWithinReach } from './rule-reach.ts'
import type { Rule } from './rules.ts'

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
  const first = [...askReasons(asks), ...shareReasonsOf(asked, risk)]
  if (first.length > 0) return ask(asked, risk, { why: [...first, ...why], rules: asks })
  if (ofWorkspace.some((rule) => rule.verdict === 'allow'))
    return { kind: 'allow', risk, why: ['A workspace rule allows it.'] }
  if (own.some((rule) => rule.verdict === 'ask'))
    return ask(asked, risk, { why: ['Your own rule says to ask first.', ...why], rules: [] })
  const isStanding = risk !== 'destructive' && !isUnusual(asked)
  const allowed = isStanding ? own.find((rule) => allowsNow(rule, asked)) : undefined
  if (allowed) return { kind: 'allow', risk, why: [allowReason(allowed)] }
  if (risk !== 'read' || leaves.length > 0) return ask(asked, risk, { why, rules: [] })
  return mayShow(asked, rules) ? { kind: 'allow', risk, why } : askToShow(asked)
}

function denialIn(rules: Rule[], { shared }: CallFacts, risk: Risk): string | undefined {
  const rule = rules.find(({ verdict }) => verdict === 'deny')
  if (rule) return denyReason(rule)
  return shared?.level === 'reads' && risk !== 'read' ? READS_ONLY : undefined
}

const READS_ONLY =
  'This is a workspace connection, and owners allow it only to read. A tool that nobody has classed counts as a change.'

/** Why a call with a workspace connection asks, whatever a member allowed for themselves. */
function shareReasonsOf({ shared, showsIn }: CallFacts, risk: Risk): string[] {
  if (shared === undefined) return []
  const limited = showsIn === undefined ? [] : ['Not everybody may use this connection.']
  if (shared.level === 'all_ask') return [ALL_ASK, ...limited]
  return risk === 'read' ? limited : [WRITES_ASK, ...limited]
}

const ALL_ASK = 'Owners decided that every call with this connection needs approval.'
const WRITES_ASK = 'Owners decided that every change with this connection needs approval.'

function mayShow({ showsIn, connection, conversation }: CallFacts, rules: Rule[]): boolean {
  const isHere = (rule: Rule) => rule.conversation === undefined || rule.conversation === conversation
  const letsIn = ({ scope, verdict, reach }: Rule) =>
    scope === 'person' && verdict === 'allow' && reach?.shows === true && reach.place === showsIn
  return showsIn === undefined || rules.some((one) => letsIn(one) && one.connection === connection && isHere(one))
}

/** Only its owner can say whether others may see it. */
function askToShow(asked: CallFacts): Verdict {
  const why = ['It only reads, with your own access.', ...visibleReasons(asked)]
  return {
    kind: 'ask',
    risk: 'write',
    approvers: [asked.requester],
    fourEyes: false,
    needed: 1,
    groups: [],
    mayAlways: true,
    shows: true,
    why,
  }
}

const visibleReasons = ({ shownIn }: CallFacts): string[] =>
  shownIn === undefined ? [] : [`The answer will be visible to everyone in ${shownIn}.`]

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
  const needed = neededIn(grounds.rules)
  const groups = [...new Set(grounds.rules.flatMap(({ group }) => group ?? []))]
  const isKnown = groups.length === 0 || asked.members !== undefined
  const approvers = groups.length > 0 ? membersFor(asked, fourEyes) : approversFor({ ...asked, risk: level, fourEyes })
  if (isKnown && approvers.length < needed) return { kind: 'deny', risk, why: [tooFewReason(approvers.length, needed)] }
  // A standing permission is for what can be undone and read, and never against a rule that says to ask.
  const isPlain = !isUnusual(asked) && asked.reach !== undefined
  const mayAlways = level === 'write' && grounds.rules.length === 0 && isPlain && asked.shared === undefined
  const reaches = asked.hosts.length === 0 ? [] : [`It names ${asked.hosts.join(', ')}.`]
  const why = [...grounds.why, ...reaches, ...untrustedReasons(asked), ...visibleReasons(asked)]
  return { kind: 'ask', risk: level, approvers, fourEyes, needed, groups, mayAlways, why }
}

/** Only members of a user group decide, whoever asked. */
export const membersFor = (
  { members = [], requester }: Pick<CallFacts, 'members' | 'requester'>,
  fourEyes: boolean,
): UserId[] => members.filter((user) => !fourEyes || user !== requester)

/** The rule that wants most people counts. */
const neededIn = (rules: Rule[]): number => Math.max(1, ...rules.map(({ approvals = 1 }) => approvals))

function askReasons(rules: Rule[]): string[] {
  if (rules.length === 0) return []
  const needed = neededIn(rules)
  return [
    needed === 1 ? 'A workspace rule says to ask first.' : `A workspace rule wants ${needed} people to approve it.`,
  ]
}

const tooFewReason = (able: number, needed: number): string =>
  needed === 1
    ? 'A workspace rule wants a second person to approve this, and nobody else can. An owner can name approvers in my Home tab.'
    : `A workspace rule wants ${needed} people to approve this, and only ${able} can. An owner can name more approvers in my Home tab.`

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
