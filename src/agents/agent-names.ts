/** Letters that look like others: a few Cyrillic and Greek ones, and signs that stand for letters (Unicode TR39, in part). */
const LOOK_ALIKES = new Map(
  Object.entries({
    a: 'аαɑ@4',
    b: 'ьвβ8',
    c: 'сϲ',
    e: 'еэєε3',
    g: 'ɡ9',
    h: 'һнη',
    i: 'іιɩıl|!1jј',
    k: 'кκ',
    m: 'мμ',
    n: 'ոп',
    o: 'оοσ0ө',
    p: 'рρ',
    r: 'гʀ',
    s: 'ѕ5$',
    t: 'тτ7',
    u: 'цυս',
    v: 'ѵν',
    w: 'шωѡ',
    x: 'хχ',
    y: 'уγ',
    z: '2',
  }).flatMap(([letter, signs]) => [...signs].map((sign) => [sign, letter] as const)),
)

/** What a person types for a name: without case, spaces and what joins words. */
export const addressKeyOf = (name: string): string =>
  name
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[\s._'’-]+/g, '')

/** What names are told apart by: those that look alike have the same. */
export const nameKeyOf = (name: string): string =>
  [...name.normalize('NFKD').toLowerCase()]
    .map((sign) => LOOK_ALIKES.get(sign) ?? sign)
    .join('')
    .replace(/[^\p{L}\p{N}]+/gu, '')
    .replaceAll('rn', 'm')
    .replaceAll('vv', 'w')

const keysIn = (words: string): Set<string> => new Set(words.trim().split(/\s+/).map(nameKeyOf))

/** Nobody may take an agent for one of them, wherever the word stands in its name. */
const ROLES = keysIn(
  'approver approvers approval approvals approve approved owner owners admin admins administrator administrators sysadmin moderator system',
)
const PRODUCTS = [...keysIn('slackbot patchbay')]

/** Requests begin with them, so that an agent of that name would hear what is not for it. */
const COMMON = keysIn(
  `stop mute unmute cancel help yes no ok okay thanks hello hi hey please what who how why when where which show list tell give find get look check
  can could would will is are do does did the this that and or not make write create delete send ask call use i you my me we it all everyone channel here
  anybody somebody slack bot app agent claude`,
)

const ALLOWED = /^[\p{L}\p{N}][\p{L}\p{M}\p{N} .'’&+-]*$/u

/** Whose names an agent may not have. */
export type TakenNames = {
  /** People's names as Slack shows them: @names, display and real names. */
  people: string[]
  app: string
}

/** A key and the words' keys of a name, with what it is compared to. */
type NameCheck = { name: string; key: string; words: Set<string>; taken: TakenNames }

const CHECKS: { fails(check: NameCheck): boolean; problem: string }[] = [
  {
    fails: ({ name }) => !ALLOWED.test(name) || !/\p{L}/u.test(name),
    problem:
      'Begin with a letter or digit, and use letters, digits, spaces and - . + & only. The @ is not part of a name.',
  },
  { fails: ({ key }) => key.length < 2, problem: 'Use at least two letters, so that people can address it.' },
  {
    fails: ({ key, taken }) => PRODUCTS.some((product) => key.includes(product)) || key === nameKeyOf(taken.app),
    problem: 'This reads like Slackbot’s name or mine. Call it by what it does, such as “Reviewer”.',
  },
  {
    fails: ({ key, words }) => ROLES.has(key) || [...words].some((word) => ROLES.has(word)),
    problem: 'This reads like somebody who decides here. Leave out words such as owner, admin, approver or system.',
  },
  {
    fails: ({ key }) => COMMON.has(key),
    problem: 'People begin requests with this word. Add what it does, such as “Release helper”.',
  },
  {
    fails: ({ key, taken }) => taken.people.some((person) => nameKeyOf(person) === key),
    problem: 'Somebody in this workspace is called so. Add what it does, such as “Ada’s reviewer”.',
  },
]

/** Why an agent may not be called so, and what to do; undefined for a good name. */
export function findNameProblem(name: string, taken: TakenNames): string | undefined {
  const check = { name, key: nameKeyOf(name), words: keysIn(name), taken }
  return CHECKS.find(({ fails }) => fails(check))?.problem
}
