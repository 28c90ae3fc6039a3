import { AppError } from '../../errors.ts'
import type { Principal } from '../../ids.ts'
import type { JsonObject } from '../../json.ts'
import type { AuthConfig } from './auth-config.ts'
import { fillPlaceholders } from './fill-placeholders.ts'

/**
 * Where a connection's server is and how to speak to it. Texts may hold `{name}`; what stands for it comes from
 * `values` or the connection's secrets and is put in at the wire, once per text, never through a shell. A text that
 * mentions a name without a value is left out.
 */
export type Target = StdioTarget | HttpTarget

type Common = {
  /** The card's title and where its credential is made, for messages. */
  title: string
  docs: string
  values: Record<string, string>
  /** Harmless calls that show whether the credential is good; the first whose tool is listed is made. */
  checks: { tool: string; arguments: JsonObject }[]
}

export type StdioTarget = Common & {
  kind: 'stdio'
  package: string
  version: string
  /** Which of the package's commands, where it has several. */
  bin?: string | undefined
  args: string[]
  env: Record<string, string>
  /** Made before the start; the first is the server's HOME and working directory. */
  folders: [home: string, ...more: string[]]
  /** Folders that hold those of others too: what a server says of paths in them is not told on. */
  around?: string[]
  /** Addresses the server will open for a person; each is checked by egress/ first. */
  reaches: string[]
}

export type HttpTarget = Common & {
  kind: 'http'
  url: string
  headers: Record<string, string>
  /** Whose sign-in it is. */
  by: Principal
  /** How it signs people in; left out: it takes what the headers hold, or nothing. */
  auth?: AuthConfig | undefined
  /** Its requests are signed. */
  signing?: AwsSigning | undefined
}

/** Whether the address is the card's own, so that a person who connects cannot have mistyped it. */
export const hasKnownAddress = (target: Target): boolean =>
  target.kind === 'http' && /^[a-z]+:\/\/[^/{]+(?:\/|$)/.test(target.url)

/** `callSeconds`: how far progress may extend a call. `idleSeconds`: how long an unused session stays open. */
export type TargetLimits = { callSeconds: number; idleSeconds: number }

/** Throws `input_invalid` for what is no address. */
export function serverUrlOf(target: HttpTarget, secrets: Record<string, string>): URL {
  const text = fillPlaceholders(target.url, { ...target.values, ...secrets }) ?? ''
  if (URL.canParse(text)) return new URL(text)
  throw new AppError('input_invalid', 'I cannot read this address. It should look like https://mcp.example.com/mcp.', {
    field: 'url',
  })
}

/**
 * How requests to an AWS service are signed, in texts that may hold `{name}`. Signature Version 4: the secret makes the signature and is
 * itself never sent. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html
 */
export type AwsSigning = {
  service: string
  region: string
  keyId: string
  secret: string
  session?: string | undefined
}
