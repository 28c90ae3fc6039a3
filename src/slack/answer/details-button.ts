import type { Button } from '@slack/types'
import type { RunId } from '../../ids.ts'
import { createButton } from '../blocks/blocks.ts'

/** Opens the details of a run. */
export const detailsButton = (run: RunId): Button =>
  createButton({ text: 'Details', action: 'run_details', value: run, says: 'Details of what was done, step by step' })
