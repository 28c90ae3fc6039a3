import { AppError } from '../../errors.ts'
import type { Principal } from '../../ids.ts'
import type { JsonObject } from '../../json.ts'
import type { PackageSource } from '../../sandbox/install-package.ts'
import type { AuthConfig } from './auth-config.ts'

/**
 * Where a connection's server is and how to reach it. Texts may hold `{name}`; what stands for it comes from
 * `values` or the connection's secrets and is put in at the wire, once per text, never through a shell. A text that
 * mentions a name without a value is left out.
 */
export type Target = StdioTarget | HttpTarget | BuiltinTarget

type Common = {
  /** The card's title and where its credential is made, for messages; no page where nobody here knows one. */
  title: string
  docs?: string | undefined
  values: Record<string, string>
  /** Harmless calls that show whether the credential is good; the first whose tool is listed is made. */
  checks: { tool: string; arguments: JsonObject }[]
}

export type StdioTarget = Common & {
  kind: 'stdio'
  /** Where its program comes from: a package of npm or PyPI, or the machine, whose program is named as `package`. */
  from: 'npm' | 'pypi' | 'machine'
  package: string
  version: string
  /** What the package is installed from, where it does not come with the app. */
  source?: PackageSource | undefined
  /** Which of the package's commands, where it has several. */
  bin?: string | undefined
  args: string[]
  env: Record<string, string>
  /** Made before the start; the first is the server's HOME and working directory. */
  folders: [home: string, ...more: string[]]
  /** Folders that hold those of others too: their paths are removed from what a server says. */
  around?: string[]
  /** Addresses the server will open for a person: each is checked by egress/, and it reaches their host and port alone. */
  reaches: string[]
  /** Hosts it reaches over HTTPS; `*.example.com` means each below it. */
  hosts: string[]
  /** How much memory it may have with all that it starts; left out, what most need. */
  memoryMb?: number | undefined
  /** How much there may be in its first folder; left out, what most need. */
  diskMb?: number | undefined
  /** Left out: what it writes there stays. `false`: the folder is in memory, where there is a sandbox. */
  keeps?: boolean | undefined
}

export type HttpTarget = Common & {
  kind: 'http'
  url: string
  headers: Record<string, string>
  /** Whose sign-in it is. */
  by: Principal
  /** How it signs people in; left out: it takes what the headers hold, or nothing. */
  auth?: AuthConfig | undefined
  /** A certificate of our own with its key, and the CA that signed the server's: texts in PEM form. */
  tls?: { certificate?: string | undefined; key?: string | undefined; ca?: string | undefined } | undefined
  /** Its requests are signed. */
  signing?: AwsSigning | undefined
}

/** A server of our own in this process. */
export type BuiltinTarget = Common & {
  kind: 'builtin'
  server: string
  settings: Record<string, string>
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

const PLACEHOLDER = /\{([a-zA-Z][a-zA-Z0-9]*)(?::([a-zA-Z][a-zA-Z0-9]*))?\}/g

/**
 * The text with every `{name}` replaced, once: a value that itself holds braces stays as it is. `{user:password}` is
 * the pair as HTTP Basic wants it (RFC 7617). Undefined when a name has no value: what a person left empty is left out.
 */
export function fillPlaceholders(text: string, values: Record<string, string>): string | undefined {
  const names = [...text.matchAll(PLACEHOLDER)].flatMap(([, ...found]) => found.filter((name) => name !== undefined))
  if (!names.every((name) => Object.hasOwn(values, name))) return undefined
  return text.replace(PLACEHOLDER, (_, name: string, password?: string) =>
    password === undefined ? (values[name] ?? '') : Buffer.from(pair(values, name, password)).toString('base64'),
  )
}

const pair = (values: Record<string, string>, name: string, password: string): string =>
  `${values[name] ?? ''}:${values[password] ?? ''}`

/** The pairs that `{user:password}` stands for in the texts, not yet encoded: as secret as the password. */
export function userPasswordPairsIn(texts: string[], values: Record<string, string>): string[] {
  return texts.flatMap((text) =>
    [...text.matchAll(PLACEHOLDER)].flatMap(([, name, password]) =>
      name === undefined || password === undefined ? [] : [pair(values, name, password)],
    ),
  )
}

export function fillTexts(texts: string[], values: Record<string, string>): string[] {
  return texts.map((text) => fillPlaceholders(text, values)).filter((text) => text !== undefined)
}

/** Names and values filled alike: a header's name can be a person's choice. */
export function fillHeaders(texts: Record<string, string>, values: Record<string, string>): Record<string, string> {
  const filled = Object.entries(texts).map(([name, text]) => [
    fillPlaceholders(name, values),
    fillPlaceholders(text, values),
  ])
  return Object.fromEntries(filled.filter(([name, text]) => name !== undefined && text !== undefined))
}
