import { afterAll, beforeAll, expect, test } from 'vitest'
import { readCards } from '../../../src/cards/read.ts'
import { createSearch, type SearchCatalog } from '../../../src/connect/catalog/search-catalog.ts'
import { connectPostgres } from '../../../src/db/postgres.ts'
import { WorkspaceId } from '../../../src/ids.ts'
import { createCatalogue } from '../../../src/registry/catalogue.ts'
import { LISTED_ROWS } from '../../fixtures/registry-entries.ts'
import { createTestDatabase } from '../../support/database.ts'
import { memoryLog } from '../../support/log.ts'

const HERE = WorkspaceId.parse('TTEST')
const SHOWN_FIRST = 3

/** What people type, and the services of which one has to stand among the first three. */
const SEARCHES: [words: string, ...services: string[]][] = [
  ['error tracking', 'Sentry', 'Rollbar'],
  ['google maps', 'Google Maps Platform'],
  ['maps', 'Google Maps Platform', 'Mapbox'],
  ['vector database', 'Pinecone', 'Weaviate', 'Qdrant'],
  ['website builder', 'Squarespace', 'Wix', 'Webflow'],
  ['stock research', 'Morningstar', 'Alpha Vantage'],
  ['stock prices', 'Alpha Vantage', 'Polygon.io'],
  ['microsoft docs', 'Microsoft Learn'],
  ['web search', 'Exa', 'Brave Search', 'Tavily'],
  ['search the web', 'Exa', 'Brave Search', 'Tavily'],
  ['send an email to a customer', 'SendGrid', 'Resend', 'Microsoft 365 (Teams, Outlook)', 'Gmail'],
  ['read my email', 'Gmail', 'Microsoft 365 (Teams, Outlook)'],
  ['I want to book a flight', 'Duffel', 'KAYAK'],
  ['find me a hotel', 'Booking.com', 'KAYAK'],
  ['what is the weather tomorrow', 'AccuWeather', 'OpenWeather', 'Tomorrow.io'],
  ['translate a document into German', 'DeepL'],
  ['create a picture', 'Stability AI', 'fal', 'Canva', 'Adobe Express'],
  ['turn text into speech', 'ElevenLabs', 'Deepgram'],
  ['summarize my meetings', 'Fireflies', 'Otter.ai', 'Zoom'],
  ['schedule a meeting', 'Calendly', 'Google Calendar', 'Microsoft 365 (Teams, Outlook)', 'Cal.com'],
  ['when am I free next week', 'Google Calendar', 'Calendly', 'Cal.com'],
  ['customer support tickets', 'Zendesk'],
  ['create a ticket for a bug', 'Jira and Confluence', 'Linear', 'GitHub', 'GitLab'],
  ['our backlog and sprint', 'Jira and Confluence'],
  ['show me my pull requests', 'GitHub', 'Bitbucket', 'GitLab'],
  ['code review', 'GitHub', 'GitLab', 'Bitbucket'],
  ['who is on call', 'PagerDuty'],
  ['logs of my kubernetes pods', 'Kubernetes'],
  ['why did the build fail', 'CircleCI', 'Jenkins', 'Buildkite'],
  ['monitor my servers', 'Datadog', 'New Relic', 'Grafana and Prometheus', 'Dynatrace'],
  ['dashboards', 'Grafana and Prometheus', 'Metabase', 'Datadog'],
  ['ask questions of our sales data', 'Salesforce', 'HubSpot', 'Pipedrive', 'Close'],
  ['crm', 'HubSpot', 'Salesforce', 'Close', 'Attio'],
  ['find leads', 'Apollo.io', 'Salesforce', 'Pipedrive'],
  ['invoices', 'Stripe', 'PayPal', 'QuickBooks'],
  ['refund a payment', 'Stripe', 'PayPal', 'Adyen'],
  ['do our accounting', 'QuickBooks', 'Xero'],
  ['look something up on wikipedia', 'Wikipedia'],
  ['scientific papers', 'arXiv'],
  ['scrape a website', 'Firecrawl', 'Apify', 'Bright Data'],
  ['click through a web page', 'Playwright'],
  ['browser automation', 'Browserbase', 'Playwright'],
  ['query a sql database', 'Postgres', 'MySQL', 'Supabase', 'Demo database'],
  ['data warehouse', 'Snowflake', 'Google Cloud BigQuery'],
  ['postgres in the cloud', 'Supabase', 'Neon', 'Prisma'],
  ['key value cache', 'Redis'],
  ['files in the cloud', 'Google Drive', 'Dropbox', 'Box'],
  ['share a file with somebody', 'Dropbox', 'Box', 'Google Drive', 'Files'],
  ['take notes', 'Notion', 'Evernote', 'Granola'],
  ['company wiki', 'Guru', 'Notion', 'Jira and Confluence', 'Glean'],
  ['remember things about me', 'Memory'],
  ['design files', 'Figma'],
  ['draw a diagram', 'Mermaid Chart', 'Lucid', 'Miro'],
  ['make a presentation', 'Gamma'],
  ['collect survey answers', 'SurveyMonkey', 'Typeform'],
  ['sign a contract', 'DocuSign'],
  ['who is on vacation', 'BambooHR', 'Personio', 'Workday'],
  ['hire people', 'Greenhouse'],
  ['send a text message', 'Twilio', 'WhatsApp Business'],
  ['play music', 'Spotify'],
  ['youtube transcript', 'YouTube'],
  ['seo keywords', 'Ahrefs', 'Semrush'],
  ['website traffic', 'Google Analytics', 'Semrush'],
  ['product analytics', 'Mixpanel', 'PostHog', 'Amplitude'],
  ['feature flags', 'LaunchDarkly', 'PostHog'],
  ['security holes in my code', 'Snyk', 'Semgrep'],
  ['where do we keep our passwords', 'HashiCorp Vault', '1Password'],
  ['let people log in', 'Okta', 'Auth0'],
  ['automate work between apps', 'Zapier', 'Make', 'n8n'],
  ['deploy my site', 'Netlify', 'Vercel'],
  ['order food', 'Deliveroo'],
  ['spending on company cards', 'Ramp'],
  ['githbu', 'GitHub'],
  ['issue tracker', 'Linear', 'Jira and Confluence', 'GitHub', 'GitLab'],
  ['I need a database for vectors', 'Pinecone', 'Weaviate', 'Qdrant', 'Chroma'],
  ['mail', 'Gmail', 'Microsoft 365 (Teams, Outlook)', 'SendGrid', 'Resend', 'Postmark'],
  ['outlook calendar', 'Microsoft 365 (Teams, Outlook)'],
  ['teams chat', 'Microsoft 365 (Teams, Outlook)'],
  ['how many visitors did our website have', 'Google Analytics', 'Semrush'],
  ['pay a supplier', 'PayPal', 'Stripe', 'Ramp', 'Adyen', 'Square'],
  ['what does my aws bill look like', 'AWS account', 'AWS Knowledge'],
  ['restart a pod', 'Kubernetes'],
  ['exceptions in production', 'Sentry', 'Rollbar', 'BugSnag'],
  ['store secrets', 'HashiCorp Vault', '1Password'],
  ['write a blog post', 'WordPress', 'Squarespace', 'Webflow', 'Wix'],
  ['edit a google sheet', 'Google Drive', 'Smartsheet'],
  ['post on social media', 'X', 'LinkedIn', 'Reddit'],
  ['transcribe audio', 'Deepgram', 'ElevenLabs'],
  ['find a paper about whales', 'arXiv', 'PubMed'],
  ['which restaurants deliver here', 'Deliveroo'],
  ['book a table', 'Deliveroo'],
  ['crypto prices', 'CoinGecko', 'Alpha Vantage'],
  ['time off requests', 'BambooHR', 'Personio'],
  ['get candidates for a job', 'Greenhouse'],
  ['jira', 'Jira and Confluence'],
  ['mongo', 'MongoDB'],
  ['search our company knowledge', 'Glean', 'Guru'],
  ['generate images', 'Stability AI', 'fal'],
  ['slack messages', 'Slack'],
  ['take a screenshot of a page', 'Playwright'],
  ['snowflake', 'Snowflake'],
  ['machine learning models', 'Hugging Face'],
  ['track time', 'ClickUp'],
  ['to do list', 'Todoist', 'Todo'],
  ['online shop orders', 'Shopify', 'Squarespace', 'Wix', 'Square'],
  ['kanban board', 'Trello', 'monday.com', 'Miro'],
  ['ci pipeline status', 'CircleCI', 'GitLab', 'Jenkins', 'Buildkite'],
  ['incident management', 'PagerDuty', 'ServiceNow', 'Datadog'],
  ['public documentation of a library', 'Context7'],
  ['elastic', 'Elasticsearch'],
  ['graph my metrics', 'Grafana and Prometheus', 'Datadog', 'New Relic'],
  ['directions to the airport', 'Mapbox', 'HERE', 'Google Maps Platform'],
  ['upload files', 'Box', 'Dropbox', 'Google Drive', 'Files'],
  ['gogle calender', 'Google Calendar'],
]

const open = new AsyncDisposableStack()
let find: SearchCatalog
beforeAll(async () => {
  const database = open.use(await createTestDatabase())
  const db = open.use(connectPostgres(database.url, memoryLog().log))
  const catalogue = createCatalogue(db, 'https://registry.example.com')
  if (catalogue === undefined) throw new Error('there is no catalogue')
  await catalogue.claim('me', 600_000)
  await catalogue.savePage('me', 600_000, { rows: LISTED_ROWS, gone: [] })
  await catalogue.finishSync('me', { since: new Date(), full: true, againMs: 3_600_000 })
  find = createSearch(readCards('run-cards'), catalogue)
}, 60_000)
afterAll(() => open.disposeAsync())

test('of searches in people’s own words 95 in 100 have the right service among the first three', async () => {
  const missed: string[] = []
  for (const [words, ...services] of SEARCHES) {
    const shown = (await find(HERE, words)).hits.slice(0, SHOWN_FIRST).map(({ title }) => title)
    if (!shown.some((title) => services.includes(title))) missed.push(`${words}: ${shown.join(', ') || 'nothing'}`)
  }
  expect(missed.length / SEARCHES.length, missed.join('\n')).toBeLessThanOrEqual(0.05)
})

test('without a registry our own cards come nearest', async () => {
  const own = createSearch(readCards('run-cards'), undefined)
  const first = async (words: string) => (await own(HERE, words)).hits.slice(0, SHOWN_FIRST).map(({ card }) => card)
  expect(await first('send an email to a customer')).toEqual(expect.arrayContaining(['hubspot', 'microsoft-365']))
  expect((await first('error tracking'))[0]).toBe('sentry')
  expect((await first('who is on call'))[0]).toBe('pagerduty')
})
