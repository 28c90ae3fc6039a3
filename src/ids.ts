import { createHash, randomBytes, randomUUID } from 'node:crypto'
import { z } from 'zod'

/** Ids are branded so that one kind is never passed for another; they are minted only by these parsers. */
export const WorkspaceId = z
  .string()
  .regex(/^[TE][A-Z0-9]{2,}$/, 'a Slack workspace id')
  .brand<'WorkspaceId'>()
export type WorkspaceId = z.infer<typeof WorkspaceId>

export const UserId = z
  .string()
  .regex(/^[UW][A-Z0-9]{2,}$/, 'a Slack user id')
  .brand<'UserId'>()
export type UserId = z.infer<typeof UserId>

/** Stands where a person would, for what is the workspace's own: no Slack id is as short. */
export const WORKSPACE_USER = UserId.parse('W00')

export const ChannelId = z
  .string()
  .regex(/^[CDG][A-Z0-9]{2,}$/, 'a Slack channel id')
  .brand<'ChannelId'>()
export type ChannelId = z.infer<typeof ChannelId>

export const ConnectionId = z.uuid().brand<'ConnectionId'>()
export type ConnectionId = z.infer<typeof ConnectionId>

export const RunId = z.uuid().brand<'RunId'>()
export type RunId = z.infer<typeof RunId>

/** An approval's id is also the opaque token in its buttons, so it must not be guessable. */
export const ApprovalId = z
  .string()
  .regex(/^[A-Za-z0-9_-]{22,}$/, 'an approval token')
  .brand<'ApprovalId'>()
export type ApprovalId = z.infer<typeof ApprovalId>

/** Names one thing asked of a person; stands in buttons, so it must not be guessable either. */
export const InputId = z
  .string()
  .regex(/^[A-Za-z0-9_-]{22,}$/, 'an input token')
  .brand<'InputId'>()
export type InputId = z.infer<typeof InputId>

/** Who asks: a person in a workspace. */
export const Principal = z.object({ workspace: WorkspaceId, user: UserId })
export type Principal = z.infer<typeof Principal>

/** A person's sign-in with their organization. */
export const IdentityId = z.uuid().brand<'IdentityId'>()
export type IdentityId = z.infer<typeof IdentityId>

/** A sign-in that waits for its code. */
export const SignInId = z.uuid().brand<'SignInId'>()
export type SignInId = z.infer<typeof SignInId>

/** A page for secrets. */
export const SecretEntryId = z.uuid().brand<'SecretEntryId'>()
export type SecretEntryId = z.infer<typeof SecretEntryId>

export const createRunId = (): RunId => RunId.parse(randomUUID())
export const createConnectionId = (): ConnectionId => ConnectionId.parse(randomUUID())
export const createSecretEntryId = (): SecretEntryId => SecretEntryId.parse(randomUUID())
export const createSignInId = (): SignInId => SignInId.parse(randomUUID())

/** Made from who the person is (RFC 9562 version 8), so that every instance knows it without asking. */
export function identityIdOf({ workspace, user }: Principal): IdentityId {
  const hex = createHash('sha256').update(`${workspace}/${user}`).digest('hex')
  const parts = [hex.slice(0, 8), hex.slice(8, 12), `8${hex.slice(12, 15)}`, `8${hex.slice(15, 18)}`, hex.slice(18, 30)]
  return IdentityId.parse(parts.join('-'))
}

/** 128 random bits, URL-safe. */
const newToken = (): string => randomBytes(16).toString('base64url')
export const createApprovalId = (): ApprovalId => ApprovalId.parse(newToken())
export const createInputId = (): InputId => InputId.parse(newToken())
