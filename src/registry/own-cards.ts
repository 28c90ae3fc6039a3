import { z } from 'zod'
import { type Db, toUndefined } from '../db/call.ts'
import { type Principal, UserId, type WorkspaceId } from '../ids.ts'
import { RegistryEntry } from './entry.ts'

/** A tool of a saved card; without a class nobody has checked it. */
export const ClassedTool = z.object({ name: z.string(), class: z.enum(['read', 'write', 'destructive']).nullish() })
export type ClassedTool = z.infer<typeof ClassedTool>

const AskedMessage = z.object({ channel: z.string(), ts: z.string() })
/** A message that asks an owner. */
export type AskedMessage = z.infer<typeof AskedMessage>

const Row = z
  .object({
    entry: RegistryEntry,
    source: z.enum(['saved', 'imported']),
    by: UserId,
    sharing: z.enum(['own', 'asked', 'shared', 'refused']),
    shared: z.boolean(),
    tools: z.array(ClassedTool),
    asked: z.array(AskedMessage),
    popularity: z.number(),
  })
  .readonly()

/** A card that a person made of a connection, or a server of a configuration that they imported. */
export type OwnCard = z.infer<typeof Row>

export type NewOwnCard = Pick<OwnCard, 'entry' | 'tools'>

/** An owner's word on sharing a card; `decided` is false where somebody was first. */
export type SharingDecision = { decided: boolean; card: OwnCard }

/** Cards that people make, over the database. Errors are db/'s. */
export type OwnCards = {
  /** Throws `limit_reached` for a saved card too many. One of the same name is there already and stays. */
  add(by: Principal, source: OwnCard['source'], cards: NewOwnCard[]): Promise<void>
  /** One that this person may connect. */
  get(by: Principal, name: string): Promise<OwnCard | undefined>
  /** The saved cards that this person may connect. */
  of(by: Principal): Promise<OwnCard[]>
  /** Those that the owners of a workspace are asked to share. */
  asked(workspace: WorkspaceId): Promise<OwnCard[]>
  /** What this person imported in the last days and has not connected. */
  imported(by: Principal): Promise<OwnCard[]>
  /** False when the owners were asked before; with `shared` nobody has to be asked. */
  ask(by: Principal, name: string, shared: boolean): Promise<boolean>
  noteAsked(workspace: WorkspaceId, name: string, messages: AskedMessage[]): Promise<void>
  /** Undefined when the card is gone. */
  decide(by: Principal, name: string, shared: boolean): Promise<SharingDecision | undefined>
  /** False when the card is gone. */
  classTools(by: Principal, name: string, tools: ClassedTool[]): Promise<boolean>
  /** With `any`, also a shared one that somebody else made. Undefined when there is none. */
  remove(by: Principal, name: string, any: boolean): Promise<OwnCard | undefined>
}

/** As many as a person would look through. */
const MOST_SAVED = 50

const Maybe = Row.nullable().transform(toUndefined)
const Nothing = z.null().transform(() => undefined)
const Decided = z.object({ decided: z.boolean(), card: Row }).nullable().transform(toUndefined)

export const createOwnCards = (db: Db): OwnCards => ({
  add: ({ workspace, user }, source, cards) =>
    db.call('own_cards_add', { workspace, user, source, cards, limit: MOST_SAVED }, Nothing),
  get: ({ workspace, user }, name) => db.call('own_card_get', { workspace, user, name }, Maybe),
  of: ({ workspace, user }) => db.call('own_cards_of', { workspace, user }, z.array(Row)),
  asked: (workspace) => db.call('own_cards_asked', { workspace }, z.array(Row)),
  imported: ({ workspace, user }) => db.call('own_cards_imported', { workspace, user }, z.array(Row)),
  ask: ({ workspace, user }, name, shared) => db.call('own_card_ask', { workspace, user, name, shared }, z.boolean()),
  noteAsked: (workspace, name, messages) => db.call('own_card_note_asked', { workspace, name, messages }, Nothing),
  decide: ({ workspace, user }, name, shared) =>
    db.call('own_card_decide', { workspace, by: user, name, shared }, Decided),
  classTools: ({ workspace, user }, name, tools) =>
    db.call('own_card_class_tools', { workspace, by: user, name, tools }, z.boolean()),
  remove: ({ workspace, user }, name, any) => db.call('own_card_remove', { workspace, by: user, name, any }, Maybe),
})

/** Names of own cards begin so, which no registry's name may. */
const OWN = '~'

export const isOwnCardName = (card: string): boolean => card.startsWith(OWN)

/** `id`: letters and digits that no other card has. */
export const ownCardNameOf = (id: string, slug: string): string => `${OWN}${id}/${slug}`

export const ownCardSlugOf = (name: string): string => name.split('/')[1] ?? ''
