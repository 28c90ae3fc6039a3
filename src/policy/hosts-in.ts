/** Host names of the URLs in a call's arguments, at any depth; sorted, each once. */
export function hostsIn(value: unknown): string[] {
  const hosts = new Set<string>()
  const queue: unknown[] = [value]
  for (let at = queue.pop(); at !== undefined; at = queue.pop()) {
    if (typeof at === 'string') for (const host of hostsInText(at)) hosts.add(host)
    else if (typeof at === 'object' && at !== null) queue.push(...Object.values(at))
  }
  return [...hosts].sort()
}

const hostsInText = (text: string): string[] =>
  [...text.matchAll(/\bhttps?:\/\/[^\s"'<>)\]]+/gi)].flatMap(([url]) => (URL.canParse(url) ? [new URL(url).host] : []))
