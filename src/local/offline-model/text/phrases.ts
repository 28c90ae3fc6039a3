const QUOTED = /"([^"]*)"|“([^”]*)”|`([^`]+)`|(?<![\p{L}\d])'([^']*)'(?![\p{L}\d])/gu
const FILE_NAME = /(?<![\w@])((?:[\w.-]+\/)*[\w-]+(?:\.[\w-]+)*\.[a-z][a-z\d]{0,7})\b/gi
const FOLDER_PATH = /(?<![\w:])(\/[\w./-]+|[\w.-]+\/[\w./-]*)/
const CONTENT =
  /\b(?:that says|which says|saying|says|with the (?:text|content|contents|words)|with (?:text|content|contents)|containing|that contains|contents?:|text:)\s*:?\s*([\s\S]+)$/i
const QUOTED_FILE = /["“`]([^"”`]+\.[a-z][a-z\d]{0,7})["”`]/gi
/** A name of one word, unless it is quoted: of "called new folder" nobody can tell where the name ends. */
const NAMED =
  /\b(?:called|named|titled)\s+(?:["“`]([^"”`]+)["”`]|([\w./-]*[\w/-])(?=\s*(?:$|[.,;:!?]|(?:that|which|saying|says|with|containing|and|then|in|inside|to|of|as|for|from|please|now)\b)))/i
const NUMBER = /(?<![\w.])-?\d[\d,]*(?:\.\d+)?(?![\w])/g
const NUMBER_WORDS = 'zero one two three four five six seven eight nine ten eleven twelve'.split(' ')

/** What stands in quotes, in order. */
export function quotedIn(text: string): string[] {
  return [...text.matchAll(QUOTED)].map((match) => match.slice(1).find((part) => part !== undefined) ?? '')
}

/** Names that look like files (hello.txt, notes/today.md, "my notes.txt"), in order; not those inside the words to be written. */
export function fileNamesIn(text: string): string[] {
  const head = text.replace(CONTENT, '')
  const quoted = [...head.matchAll(QUOTED_FILE)].map((match) => match[1] ?? '')
  const bare = head.replaceAll(QUOTED_FILE, ' ').matchAll(FILE_NAME)
  const found = [...quoted, ...[...bare].map((match) => match[1] ?? '')]
  const inOrder = found.toSorted((left, right) => head.indexOf(left) - head.indexOf(right))
  const named = nameIn(head)
  return [...new Set(named === undefined ? inOrder : [...inOrder, named])]
}

/** What something is to be called. */
export function nameIn(text: string): string | undefined {
  const found = NAMED.exec(text)
  return found?.[1] ?? found?.[2]
}

/** The request without what it hands over: quotes, words to be written, given names; a file's name is just "file". */
export function gistOf(text: string): string {
  return text
    .replaceAll(QUOTED, ' ')
    .replace(CONTENT, ' ')
    .replaceAll(/\{[\s\S]*\}/g, ' ')
    .replaceAll(FILE_NAME, ' file ')
    .replace(NAMED, ' ')
}

const NO_FOLDER =
  /^(?:a|an|the|my|this|that|new|which|current|every|each|your|our|list|show|make|create|read|it|there|here|is|are|and|in|of|with|please|now|tree|files?|listing|folders?|directory|root|called|named)$/i

/** A folder by path, by "folder X" and "X folder", or by "in X". */
export function folderIn(text: string): string | undefined {
  const found = FOLDER_PHRASES.flatMap(
    (phrase) =>
      phrase
        .exec(text)
        ?.slice(1)
        .filter((name) => name !== undefined) ?? [],
  )
  return found.find((name) => !NO_FOLDER.test(name))
}

const FOLDER_PHRASES = [
  /\b(?:folder|directory)\s+(?:called\s+|named\s+)?["“`]([^"”`]+)["”`]/i,
  /["“`]([^"”`]+)["”`]\s+(?:folder|directory)\b/i,
  FOLDER_PATH,
  /\b(?:folder|directory|dir)\s+(?:(?:called|named)\s+)?([\w.-]+)/i,
  /\b([\w.-]+)\s+(?:folder|directory)\b/i,
  /\b(?:in|inside|under|of)\s+(?:the\s+|my\s+)?(?:["“`]([^"”`]+)["”`]|([\w.-]*\w))/i,
]

/** The words somebody wants written or said. */
export function contentIn(text: string): string | undefined {
  const said = CONTENT.exec(text)?.[1]?.trim()
  if (said !== undefined) return unquoted(said)
  const files = fileNamesIn(text)
  const quote = quotedIn(text).find((part) => !files.includes(part))
  if (quote !== undefined) return quote
  const into =
    /^\s*(?:write|put|save|store|add|append)\s+(.+?)\s+(?:to|into|in|as)\s+(?:a |the )?(?:new )?(?:file|\S+\.\w+)/i.exec(
      text,
    )?.[1]
  return into !== undefined && !/\bfile\b/i.test(into) ? into : undefined
}

function unquoted(text: string): string {
  const quoted = /^(?:"([^"]*)"|“([^”]*)”|'([^']*)'|`([^`]*)`)\.?$/.exec(text)
  const inside = quoted?.slice(1).find((part) => part !== undefined)
  return inside ?? text.replace(/(?<!\.)\.$/, '')
}

/** Numbers in order, small ones also as words. */
export function numbersIn(text: string): number[] {
  const spelled = text.replaceAll(/[a-z]+/gi, (word) => {
    const value = NUMBER_WORDS.indexOf(word.toLowerCase())
    return value < 0 ? word : String(value)
  })
  const minus = spelled.replaceAll(/\b(?:minus|negative)\s+(?=\d)/gi, '-')
  return [...minus.matchAll(NUMBER)].map((match) => Number(match[0].replaceAll(',', ''))).filter(Number.isFinite)
}

/** What follows the first verb, as in "Echo hello world" or "search for tea". */
export function textAfterVerbIn(text: string): string | undefined {
  const rest =
    /^\s*(?:please\s+|can you\s+|could you\s+)?[\p{L}-]+\s+(?:(?:back|for|about|on|up|out|that|the words?|the text|the message)\s+)*([\s\S]+)$/iu.exec(
      text,
    )?.[1]
  return rest === undefined ? undefined : unquoted(rest.trim().replace(/[?]+$/, ''))
}

/** What the request is about: "about X", "for X", "named X". */
export function topicIn(text: string): string | undefined {
  const topic = /\b(?:about|for|named|called|regarding|of|on)\s+([^?.!]+)/i.exec(text)?.[1]?.trim()
  return topic === undefined ? undefined : unquoted(topic)
}

/** "it", "that file", "the same": something from before is meant. */
export function refersBack(text: string): boolean {
  return /\b(?:it|that|this|them|the (?:same|file|result|answer|above)|that file|this file)\b/i.test(text)
}
