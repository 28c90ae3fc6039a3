/** Words people use for the same ability; who types one also means the others. */
const SYNONYMS = [
  ['database', 'databases', 'db', 'sql', 'tables'],
  ['issue', 'issues', 'ticket', 'tickets', 'bug', 'bugs', 'task', 'tasks'],
  ['monitoring', 'metrics', 'observability', 'logs', 'dashboards', 'alerts'],
  ['incident', 'incidents', 'oncall', 'pager'],
  ['code', 'git', 'repository', 'repositories', 'repo', 'repos'],
  ['deploy', 'deployments', 'build', 'builds', 'pipelines', 'ci'],
  ['cloud', 'infrastructure', 'hosting'],
  ['chat', 'message', 'messages', 'messaging'],
  ['docs', 'documents', 'documentation', 'wiki', 'notes', 'pages'],
  ['file', 'files', 'folder', 'drive', 'storage'],
  ['browser', 'website', 'websites', 'scrape', 'scraping', 'crawl'],
  ['payment', 'payments', 'billing', 'invoice', 'invoices'],
  ['crm', 'sales', 'customers', 'contacts'],
  ['email', 'emails', 'mail', 'inbox'],
  ['calendar', 'meeting', 'meetings', 'appointments', 'scheduling'],
  ['security', 'vulnerabilities', 'secrets'],
  ['login', 'identity', 'sso', 'accounts'],
  ['map', 'maps', 'places', 'geocoding', 'location'],
  ['weather', 'forecast', 'temperature'],
  ['picture', 'pictures', 'image', 'images', 'photos'],
  ['translate', 'translation', 'language'],
  ['analytics', 'statistics', 'reports', 'charts'],
]

/** The other words for what a word means. */
export const similarWordsFor = (word: string): string[] =>
  SYNONYMS.filter((words) => words.includes(word)).flatMap((words) => words.filter((one) => one !== word))
