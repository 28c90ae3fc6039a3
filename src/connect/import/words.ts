export const addressPattern = /^https?:\/\/\S+$/i

/** `Name: value`, as headers are written on command lines. */
export function readHeaderLine(line: string): [name: string, value: string] | undefined {
  const [, name, value = ''] = /^\s*([A-Za-z0-9!#$%&'*+.^_`|~-]{1,100})\s*[:=]\s*(.*)$/s.exec(line) ?? []
  return name === undefined ? undefined : [name, value.trim()]
}

/** A word of a shell: in quotes, or up to the next space. */
const WORD = /"((?:[^"\\]|\\.)*)"|'([^']*)'|((?:\\.|[^\s"'\\])+)/g

/** The words of a command line as a shell takes them; what touches is one word. Nothing is run or filled in. */
export function splitCommandLine(line: string): string[] {
  const words: string[] = []
  let end = -1
  for (const found of line.matchAll(WORD)) {
    const [whole, double, single, bare] = found
    const text = single ?? (double ?? bare ?? '').replace(/\\(["\\$`\s])/g, '$1')
    if (found.index === end && words.length > 0) words.push(`${words.pop()}${text}`)
    else words.push(text)
    end = found.index + whole.length
  }
  return words
}
