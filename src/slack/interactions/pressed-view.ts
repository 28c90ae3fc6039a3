import { z } from 'zod'
import { fieldTextsIn, ModalState } from '../blocks/modal-fields.ts'

/** The view that holds a pressed element. `typed`: its fields as text so far, by block_id; null where they are empty. */
export type PressedView = {
  id: string
  hash: string
  privateMetadata: string
  kind: 'modal' | 'home'
  callbackId: string
  typed: Record<string, string | null>
  values: ModalState
}

export const PressedViewFields = z.object({
  id: z.string(),
  hash: z.string(),
  type: z.enum(['modal', 'home']),
  private_metadata: z.string().optional(),
  callback_id: z.string().optional(),
  // A press does not need what was typed, so fields of a new kind do not spoil it.
  state: z.object({ values: ModalState }).optional().catch(undefined),
})

export const pressedViewOf = (view: z.infer<typeof PressedViewFields>): PressedView => ({
  id: view.id,
  hash: view.hash,
  privateMetadata: view.private_metadata ?? '',
  kind: view.type,
  callbackId: view.callback_id ?? '',
  typed: fieldTextsIn(view.state?.values ?? {}),
  values: view.state?.values ?? {},
})
