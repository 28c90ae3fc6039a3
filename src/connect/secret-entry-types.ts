import { z } from 'zod'
import { ConnectionId, type Principal, type SecretEntryId } from '../ids.ts'

/** What a page for secrets is for: its fields, and the form that waits for them as it was typed so far, without secrets. */
export const SecretEntryDetails = z.object({
  card: z.string(),
  /** The service, and the host that will get the secrets, where it is known yet. */
  title: z.string(),
  host: z.string().optional(),
  asker: z.string(),
  fields: z.array(z.object({ name: z.string(), label: z.string(), hint: z.string(), lines: z.boolean().optional() })),
  form: z.object({
    name: z.string(),
    inputs: z.record(z.string(), z.string()),
    connection: ConnectionId.optional(),
    channel: z.string().optional(),
    view: z.string().optional(),
    more: z.boolean().optional(),
  }),
})
export type SecretEntryDetails = z.infer<typeof SecretEntryDetails>

/** What a person is asked for on a page. */
export type SecretPage = Pick<SecretEntryDetails, 'title' | 'host' | 'asker' | 'fields'>

/** Secrets were entered on a page. */
export type EnteredSecrets = { id: SecretEntryId; by: Principal; details: SecretEntryDetails }

/** Secrets that are entered on a page of ours, so that Slack does not see them. */
export type SecretPages = {
  /** False: they are typed into Slack's forms. */
  isOffered: boolean
  /** A page for one person; its address is for them alone. */
  open(by: Principal, details: SecretEntryDetails): Promise<{ id: SecretEntryId; url: string; until: Date }>
  /** Undefined when the link was used or is too old. */
  look(token: string): Promise<SecretPage | undefined>
  /** Keeps what was entered, once, and tells the person. False when the link was used or is too old. */
  enter(token: string, values: Record<string, string>): Promise<boolean>
  /** Undefined when it is not this person's, or too old. */
  find(id: SecretEntryId, by: Principal): Promise<(EnteredSecrets & { entered: boolean }) | undefined>
  /** What this person entered; nothing where there is nothing. */
  read(id: SecretEntryId, by: Principal): Promise<Record<string, string>>
  /** It is used. */
  end(id: SecretEntryId, by: Principal): Promise<void>
  removeExpired(): Promise<void>
}
