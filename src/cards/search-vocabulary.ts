import { stemsIn } from './word-stems.ts'

/** Words that say nothing of what somebody looks for. */
const FILLERS = new Set(
  `a about all am an and any anything are as at be been between but by can could did do does for from get give had has have help her
  here his how i if in into is it its just let like me my need new next no not now of on or our out own please she so some somebody
  someone something than that the their them then there these they thing things this those through to today up us use using very want
  was way we week were what when where which who why will with would you your
  server servers mcp tool tools connect connector`.split(/\s+/),
)

/** Verbs that go with nearly everything, and nouns that stand in nearly every description. */
const COMMON_WORDS = new Set(
  `add answer ask build buy change check collect create draw edit find keep list look make manage open play post put query read run save
  search see send set show start take tell track turn update write
  company content data item people question team work`
    .split(/\s+/)
    .flatMap(stemsIn),
)

export const isFiller = (word: string): boolean => FILLERS.has(word)

export const isCommonWord = (word: string): boolean => COMMON_WORDS.has(stemsIn(word).join(' '))

/** Words for one ability, by commas: who types one also means the others. A word may stand in several. */
const ABILITIES = `
  database, db, sql, table, row
  warehouse, analytical sql, bigquery, lakehouse
  cache, redis, key value
  vector, embedding, semantic search
  task, to do, todo, reminder
issue, ticket, bug, task, project management, issue tracker
  support, helpdesk, help desk, customer service
  monitoring, monitor, metric, observability, log, dashboard, alert, uptime
  error, exception, crash, stack trace
  incident, oncall, on call, pager, outage, escalation
  code, git, repository, repo, source code
  pull request, merge request, code review, repository
  deploy, deployment, hosting, site
  build, pipeline, ci, continuous integration, test result
  cloud, infrastructure, hosting
  chat, message, messaging, channel
  sms, text message, whatsapp, phone
  document, documentation, docs, wiki, page, knowledge base
  note, notebook, wiki
  remember, memory, knowledge graph
  file, folder, drive, storage, dropbox
  browser, web page, webpage, click, screenshot, website test
  scrape, crawl, extract, website
  web search, search the web, internet, search engine, live web
  website builder, website, homepage, blog, site
  shop, store, e commerce, ecommerce, product, inventory, order
  payment, pay, billing, invoice, refund, subscription, checkout
  accounting, bookkeeping, invoice, tax, expense
  spending, expense, reimbursement, company card
  bank, account balance
  crm, sales, lead, deal, contact, customer, opportunity, sales pipeline
  email, mail, inbox, newsletter
  marketing, campaign, newsletter, audience
  calendar, schedule, appointment, booking, availability, free time, free
  meeting, call recording, transcript, video call
  summary, summarize, highlight, transcript
  security, vulnerability, security hole, threat
  secret, password, vault
  login, log in, sign in, identity, sso, single sign on
  map, place, geocoding, location, route, direction
  weather, forecast, temperature, rain
  picture, image, photo, illustration
  design, mockup, graphic, logo
  diagram, flow chart, whiteboard, sketch
  presentation, slide, deck, powerpoint
  spreadsheet, sheet, excel
  speech, voice, audio, transcription, transcribe, read aloud
  video, clip, film
  music, song, playlist
  translate, translation, language
  analytics, statistics, report, chart, funnel, behaviour
  traffic, visitor, web analytics
  seo, keyword, backlink, ranking
  experiment, a b test, feature flag
  survey, form, poll, questionnaire
  contract, agreement, signature, sign a document
  employee, hr, human resources, payroll, absence, time off, vacation, holiday
  hire, hiring, recruiting, candidate, applicant, job
  travel, flight, airline, trip
  hotel, apartment, stay, accommodation, travel
  food, restaurant, meal, delivery
  stock, share price, market data, investment, finance
  crypto, cryptocurrency, bitcoin
  paper, scientific, science, literature, study
  encyclopedia, wikipedia
  news, headline
  automation, automate, workflow, integration
  kubernetes, cluster, pod, container
  social media, post, timeline
`
  .trim()
  .split('\n')
  .map((line) => line.split(',').map((words) => stemsIn(words).join(' ')))

/** Those of several words, longest first. */
const PHRASES = [...new Set(ABILITIES.flat())]
  .filter((words) => words.includes(' '))
  .toSorted((a, b) => b.length - a.length)

/** The phrases of our vocabulary that a text holds, as stems. */
export function phrasesIn(text: string): string[] {
  const stems = ` ${stemsIn(text).join(' ')} `
  return PHRASES.filter((phrase) => stems.includes(` ${phrase} `))
}

/** The other stems for what a word or phrase means. */
export const similarStemsFor = (stem: string): string[] => {
  const words = ABILITIES.filter((ability) => ability.includes(stem)).flat()
  return [...new Set(words)].filter((one) => one !== stem)
}
