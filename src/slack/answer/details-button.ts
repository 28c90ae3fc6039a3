import type { Button } from '@slack/types'
import type { RunId } from '../../ids.ts'
import { createButton } from '../blocks/build-blocks.ts'

/** Opens the details of a run. */
export const createDetailsButton = (run: RunId): Button =>
  createButton({
    text: 'Details',
    action: 'run_details',
    value: run,
    accessibilityLabel: 'Details of what was done, step by step',
  })
