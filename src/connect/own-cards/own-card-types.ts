import type { Principal } from '../../ids.ts'
import type { Connection } from '../../registry/connection.ts'
import type { RegistryEntry } from '../../registry/entry.ts'
import type { OwnCard, OwnCards } from '../../registry/own-cards.ts'
import type { ImportedServer } from '../import/read-import.ts'

/** A server of a configuration, as a person may see it; `card` connects it. */
export type ImportedOffer = Pick<ImportedServer, 'called' | 'folder' | 'off' | 'leftOut'> &
  ({ kind: 'offer'; card: string; title: string; host?: string } | { kind: 'refused'; why: string })

/** `more`: how many servers beyond the first were left out. */
export type ImportOutcome = { offers: ImportedOffer[]; more: number } | { problem: string }

/** What a card made of a connection would hold: its address, and what each person is asked for. */
export type CardDraft = Pick<RegistryEntry, 'url' | 'headers' | 'inputs'>

/** What a person says of their card; `labels` by input. `id`: letters and digits, the same for the same submission. */
export type CardDetails = {
  id: string
  title: string
  icon: string
  description: string
  labels: Record<string, string>
}

type KeptActions = 'of' | 'asked' | 'imported' | 'get' | 'ask' | 'noteAsked' | 'decide' | 'classTools' | 'remove'

export type OwnCardActions = Pick<OwnCards, KeptActions> & {
  /** Reads a configuration and keeps what can be connected of it, without secrets. */
  importServers(by: Principal, text: string): Promise<ImportOutcome>
  /** What a card made of it would hold, or why none can be made. */
  draft(connection: Connection): Promise<CardDraft | { why: string }>
  /** Throws `limit_reached` for a card too many, `input_invalid` where none can be made or its title is taken. */
  save(by: Principal, connection: Connection, details: CardDetails): Promise<OwnCard>
}
