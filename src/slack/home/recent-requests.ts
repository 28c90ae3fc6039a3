import type { KnownBlock } from '@slack/types'
import type { RunId } from '../../ids.ts'
import type { RecentRun } from '../../run/usage.ts'
import { truncate } from '../../text.ts'
import { createDetailsButton, DIVIDER_BLOCK, headerBlock, sectionBlock } from '../blocks/build-blocks.ts'
import { escapeMrkdwn, formatDate, pluralize } from '../blocks/text.ts'
import type { WebApiDeps } from '../deps.ts'
import { permalinkOf } from '../web-api/post-message.ts'

/** Links to the messages that asked for runs; without those that Slack has no link to. */
export type RequestLinks = Map<RunId, string>

type RecentRequest = Pick<RecentRun, 'id' | 'channel' | 'messageTs'>

/** Enough for the requests of all who look at their Home tabs. */
const MAX_KNOWN_LINKS = 5_000

/** Finds links to requests; a link does not change, so each is asked for once. */
export function createRequestLinks({ webApi }: Pick<WebApiDeps, 'webApi'>) {
  const known: RequestLinks = new Map()
  return async (requests: RecentRequest[]): Promise<RequestLinks> => {
    const missing = requests.filter(({ id }) => !known.has(id))
    const found = await Promise.all(missing.map(({ channel, messageTs }) => permalinkOf(webApi, channel, messageTs)))
    for (const [at, { id }] of missing.entries()) {
      const link = found[at]
      if (link !== undefined) known.set(id, link)
      const [oldest] = known.keys()
      if (known.size > MAX_KNOWN_LINKS && oldest !== undefined) known.delete(oldest)
    }
    return new Map(requests.flatMap(({ id }) => [[id, known.get(id)]] as const).filter(hasLink))
  }
}

const hasLink = (pair: readonly [RunId, string | undefined]): pair is [RunId, string] => pair[1] !== undefined

/** A person's latest requests, how each ended and where it stands. Pure. */
export function recentRequestsBlocks(recent: RecentRun[], links: RequestLinks): KnownBlock[] {
  if (recent.length === 0) return []
  return [
    headerBlock('Recent requests'),
    ...recent.map((run) => sectionBlock(requestLine(run, links.get(run.id)), createDetailsButton(run.id))),
    DIVIDER_BLOCK,
  ]
}

function requestLine(run: RecentRun, link: string | undefined): string {
  const { text, correction, why, calls, place, channel, at } = run
  const [mark, outcome] = outcomeOf(run)
  const reason = why === undefined ? '' : `: ${escapeMrkdwn(truncate(why, 200))}`
  const where = place === 'dm' ? 'in our direct messages' : `in <#${channel}>`
  const shown = [text, ...(correction === undefined ? [] : [correction])].map(boldLineOf).join(' → ')
  const facts = [
    where,
    ...(calls === 0 ? [] : [`${pluralize(calls, 'step')} carried out`]),
    formatDate(at),
    ...(link === undefined ? [] : [`<${link}|Open thread>`]),
  ]
  return `${mark} ${shown} ${outcome}${reason}\n${facts.join(' · ')}`
}

/** The first line of what was said. An asterisk would end the bold words. */
function boldLineOf(said: string): string {
  const [words = ''] = said.trim().split('\n')
  return words === '' ? '_No text, only files_' : `*${escapeMrkdwn(truncate(words, 120)).replaceAll('*', '∗')}*`
}

type Outcome = [mark: string, words: string]

const UNFINISHED: Record<Exclude<RecentRun['outcome'], 'finished'>, Outcome> = {
  working: [':hourglass_flowing_sand:', 'in progress'],
  waiting: [':raised_hand:', 'waiting for approval'],
  failed: [':warning:', 'failed'],
  stopped: [':octagonal_sign:', 'stopped'],
}

const REFUSED: Record<NonNullable<RecentRun['refused']>, Outcome> = {
  denied: [':no_entry_sign:', 'denied'],
  expired: [':alarm_clock:', 'not approved in time'],
  stopped: [':octagonal_sign:', 'stopped'],
  withdrawn: [':leftwards_arrow_with_hook:', 'withdrawn'],
}

type Ending = Pick<RecentRun, 'outcome' | 'asked' | 'refused' | 'edited' | 'changed' | 'succeeded' | 'calls'>

/** A run that only read has answered: whether it found what was wanted only the person can say. */
function outcomeOf({ outcome, asked, refused, edited, changed, succeeded, calls }: Ending): Outcome {
  if (asked) return [':raised_hand:', 'waiting for an answer']
  if (outcome !== 'finished') return UNFINISHED[outcome]
  if (refused !== undefined) return REFUSED[refused]
  if (changed > 0) return [':white_check_mark:', edited ? 'done with changes' : 'done']
  return succeeded === 0 && calls > 0 ? [':heavy_minus_sign:', 'nothing done'] : [':speech_balloon:', 'answered']
}
