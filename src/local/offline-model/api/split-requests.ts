const VERBS =
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
