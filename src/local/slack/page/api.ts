import { isRecord, type Json, str } from './read.ts'

/** The control API under /local/. A refusal is thrown with the words of the workspace. */
export async function look(path: string, query: Record<string, string>): Promise<Json> {
  return answerOf(await fetch(`/local/${path}?${new URLSearchParams(query)}`))
}

export async function act(path: string, body: Json): Promise<Json> {
  const headers = { 'content-type': 'application/json' }
  return answerOf(await fetch(`/local/${path}`, { method: 'POST', headers, body: JSON.stringify(body) }))
}

export async function upload(as: string, file: File): Promise<string> {
  const query = new URLSearchParams({ as, name: file.name })
  const answer = await answerOf(await fetch(`/local/attach?${query}`, { method: 'POST', body: file }))
  return str(answer.file)
}

async function answerOf(response: Response): Promise<Json> {
  const body: unknown = await response.json()
  const answer = isRecord(body) ? body : {}
  if (!response.ok) throw new Error(str(answer.error) || `the workspace answered ${response.status}`)
  return answer
}

export const wordsOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
