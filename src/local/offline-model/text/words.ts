/** Words that say nothing about which tool is meant. */
const STOP_WORDS = new Set(
  'a an the this that these those my me i you your our we us it its is are was were be been do does did can could would should will please of to in on at by for from with and or as so there here have has had now just then all any some what when where why how'.split(
    ' ',
  ),
)

/** What people say, and what tool authors call it. */
const SYNONYMS: Record<string, string[]> = {
  show: ['read', 'list', 'get'],
  open: ['read', 'open'],
  display: ['read', 'get'],
  print: ['read', 'echo', 'get'],
  view: ['read', 'get', 'list'],
  see: ['read', 'list', 'get'],
  cat: ['read'],
  content: ['read', 'text'],
  tell: ['get', 'read', 'search'],
  give: ['get'],
  fetch: ['get', 'read'],
  ls: ['list', 'directory'],
  which: ['list', 'search'],
  save: ['write', 'create'],
  put: ['write', 'add'],
  store: ['write', 'create'],
  make: ['create', 'write'],
  create: ['write', 'create'],
  new: ['create', 'write'],
  append: ['add', 'edit'],
  change: ['edit', 'update', 'set'],
  replace: ['edit'],
  update: ['edit', 'write'],
  folder: ['directory'],
  dir: ['directory'],
  document: ['file'],
  note: ['file'],
  rename: ['move'],
  remove: ['delete'],
  erase: ['delete'],
  drop: ['delete'],
  forget: ['delete', 'entity'],
  find: ['search'],
  look: ['search'],
  grep: ['search'],
  where: ['search'],
  sum: ['sum', 'add'],
  plus: ['sum'],
  add: ['sum', 'add', 'create'],
  total: ['sum'],
  repeat: ['echo'],
  say: ['echo'],
  remember: ['create', 'entity', 'graph'],
  know: ['search', 'graph', 'node'],
  memory: ['graph'],
  picture: ['image'],
  logo: ['image'],
  environment: ['env'],
  weather: ['structured', 'content'],
  count: ['sql'],
  row: ['sql'],
  record: ['sql'],
  query: ['sql', 'search'],
  database: ['sql', 'object'],
  table: ['sql', 'object'],
  size: ['size', 'info'],
}

/** A word without its plural ending. */
function stemOf(word: string): string {
  const lower = word.toLowerCase()
  if (lower.length > 4 && lower.endsWith('ies')) return `${lower.slice(0, -3)}y`
  if (/(ss|x|ch|sh)es$/.test(lower)) return lower.slice(0, -2)
  return lower.length > 3 && /[^siu]s$/.test(lower) ? lower.slice(0, -1) : lower
}

/** The stems of a text or an identifier in any case style, in order. */
export function stemsOf(text: string): string[] {
  const spaced = text.replaceAll(/([a-z\d])([A-Z])/g, '$1 $2')
  return (spaced.match(/[\p{L}\d]+/gu) ?? []).map(stemOf)
}

/** A pattern for a table's or column's name as it is written, in quotes, or in words: `dept_name`, "dept names", `DeptName`. */
export function spokenFormOf(name: string): string {
  const words = stemsOf(name).map((word) => (word.endsWith('y') ? `${word.slice(0, -1)}(?:y|ies)` : `${word}(?:e?s)?`))
  return String.raw`["'“\x60]?(?<![\p{L}\d_])${words.join(String.raw`[^\p{L}\d]{0,2}`)}(?![\p{L}\d_])["'”\x60]?`
}

export const isTelling = (word: string): boolean => !STOP_WORDS.has(word)

/** The stems that may name a tool, each once. */
export function keywordsIn(text: string): string[] {
  return [...new Set(stemsOf(text).filter(isTelling))]
}

export function synonymsOf(word: string): string[] {
  return SYNONYMS[word] ?? []
}

export const VERBS =
  'write|read|list|show|delete|remove|echo|add|remember|move|rename|create|make|search|find|count|tell|save|open|copy|repeat|run|use|call|forget|insert|update|get|give|how many|which|what'
const JOINTS = [
  /\s*[,;.]?\s+(?:and\s+)?(?:then|after that|afterwards)[,:]?\s+/i,
  new RegExp(String.raw`\s*(?:[;\n]|[.?!](?=\s))\s*(?:and\s+)?(?=(?:${VERBS})\b)`, 'i'),
  new RegExp(String.raw`\s*,?\s+and\s+(?=(?:${VERBS})\b(?!\.\w))`, 'i'),
]

/** The separate requests in a request, in order: "Write a.txt that says hi, then read it" is two. Quoted text is left whole. */
export function requestsIn(text: string): string[] {
  const quotes: string[] = []
  const masked = text.replaceAll(/"[^"]*"|“[^”]*”|`[^`]*`|\{[\s\S]*\}/g, (quote) => `⟦${quotes.push(quote) - 1}⟧`)
  let parts = [masked]
  for (const joint of JOINTS) parts = parts.flatMap((part) => part.split(joint))
  return parts
    .map((part) => part.replaceAll(/⟦(\d+)⟧/g, (_, index) => quotes[Number(index)] ?? '').trim())
    .filter((part) => part !== '')
}
