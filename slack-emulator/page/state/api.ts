import { isRecord, type JsonRecord, readString } from './read-json.ts'

/** Reads from the control API; a refusal is thrown with the emulator's message. */
export async function fetchLocal(path: string, query: Record<string, string>): Promise<JsonRecord> {
  return answerOf(await fetch(`/local/${path}?${new URLSearchParams(query)}`))
}

export async function postLocal(path: string, body: JsonRecord): Promise<JsonRecord> {
  const headers = { 'content-type': 'application/json' }
  return answerOf(await fetch(`/local/${path}`, { method: 'POST', headers, body: JSON.stringify(body) }))
}

export async function uploadFile(as: string, file: File): Promise<string> {
  const query = new URLSearchParams({ as, name: file.name })
  const answer = await answerOf(await fetch(`/local/attach?${query}`, { method: 'POST', body: file }))
  return readString(answer.file)
}

async function answerOf(response: Response): Promise<JsonRecord> {
  const body: unknown = await response.json()
  const answer = isRecord(body) ? body : {}
  if (!response.ok) throw new Error(readString(answer.error) || `the workspace answered ${response.status}`)
  return answer
}

export const errorTextOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
