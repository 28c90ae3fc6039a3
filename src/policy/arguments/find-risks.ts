import type { Risk } from '../risk.ts'

export type ArgumentFinding = { risk: Risk; why: string }
