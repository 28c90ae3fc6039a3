import { z } from 'zod'
import { RunId } from '../../ids.ts'

/** The run that asked for a run, and with which call. `costUsd`: what this one may cost; `words`: what the person had said. */
export const ParentRun = z.object({
  run: RunId,
  call: z.string(),
  agent: z.string(),
  costUsd: z.number(),
  words: z.string(),
})
/** The call asks an agent: a run of its own does it, and the call waits for its end. */
export const Delegated = z.object({
  type: z.literal('delegated'),
  call: z.string(),
  child: RunId,
  agent: z.string(),
  task: z.string(),
})
/** Of an agent that was asked: whose unchecked words it read, and what it cost. */
export const OfChild = z.object({ untrusted: z.array(z.string()), costUsd: z.number() })
/** A server asks to be left alone until then: the call goes out once more. */
export const Waiting = z.object({
  type: z.literal('waiting'),
  call: z.string(),
  until: z.iso.datetime(),
  /** In words, for people. */
  why: z.string(),
})
