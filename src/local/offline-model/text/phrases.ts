const QUOTED = /"([^"]*)"|“([^”]*)”|`([^`]+)`|(?<![\p{L}\d])'([^']*)'(?![\p{L}\d])/gu
const FILE_NAME = /(?<![\w@])((?:[\w.-]+\/)*[\w-]+(?:\.[\w-]+)*\.[a-z][a-z\d]{0,7})\b/gi
const FOLDER_PATH = /(?<![\w:])(\/[\w./-]+|[\w.-]+\/[\w./-]*)/
const CONTENT =
  /\b(?:that says|which says|saying|says|with the (?:text|content|contents|words)|with (?:text|content|contents)|containing|that contains|contents?:|text:)\s*:?\s*([\s\S]+)$/i
const NAMED = /\b(?:called|named|titled)\s+([\w./-]+)/i
const NUMBER = /(?<![\w.])-?\d[\d,]*(?:\.\d+)?(?![\w])/g
const NUMBER_WORDS = 'zero one two three four five six seven eight nine ten eleven twelve'.split(' ')

/** What stands in quotes, in order. */
export function quotedIn(text: string): string[] {
  return [...text.matchAll(QUOTED)].map((match) => match.slice(1).find((part) => part !== undefined) ?? '')
}

/** Names that look like files (hello.txt, notes/today.md), in order; not those inside the words to be written. */
export function fileNamesIn(text: string): string[] {
  const head = text.replace(CONTENT, '')
  const found = [...head.matchAll(FILE_NAME)].map((match) => match[1] ?? '')
  const named = NAMED.exec(head)?.[1]
  return [...new Set(named === undefined ? found : [...found, named])].map((name) => name.replace(/[.,;:]+$/, ''))
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

/** A folder by path, or by "folder X" and "X folder". */
export function folderIn(text: string): string | undefined {
  const quoted = /\b(?:folder|directory)\s+(?:called\s+|named\s+)?["“]([^"”]+)["”]/i.exec(text)?.[1]
  if (quoted !== undefined) return quoted
  const path = FOLDER_PATH.exec(text)?.[1]
  if (path !== undefined) return path
  const named = /\b(?:folder|directory|dir)\s+(?:called\s+|named\s+)?["'“`]?([\w.-]+)/i.exec(text)?.[1]
  if (named !== undefined && !/^(?:is|are|and|in|of|with|that|please|now|tree|files?|listing)$/i.test(named))
    return named
  const before = /\b([\w.-]+)\s+(?:folder|directory)\b/i.exec(text)?.[1]
  return before !== undefined &&
    !/^(?:a|the|my|this|that|new|which|current|every|each|your|our|list|show|make|create|read)$/i.test(before)
    ? before
    : undefined
}

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
export function restAfterVerb(text: string): string | undefined {
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
