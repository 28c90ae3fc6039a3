import { z } from 'zod'
import type { Origin } from './origin.ts'

/** A file a person sent along: what is known of it. Its contents stay where they are and are read again when the model is asked. */
export const AttachedFile = z.object({ id: z.string(), name: z.string(), mimeType: z.string(), size: z.number() })
export type AttachedFile = z.infer<typeof AttachedFile>

/** What a file holds, as the model can take it; `unread` says in a sentence why it cannot. */
export type FileContent =
  | { kind: 'text'; text: string }
  | { kind: 'image'; mimeType: string /** base64 */; data: string }
  | { kind: 'pdf' /** base64 */; data: string }
  | { kind: 'unread'; why: string }

/** Never throws: what cannot be read is said. */
export type ReadFile = (origin: Origin, file: AttachedFile, signal: AbortSignal) => Promise<FileContent>
