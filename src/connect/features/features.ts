import { AppError } from '../../errors.ts'
import { type ConnectionId, type Principal, WORKSPACE_USER } from '../../ids.ts'
import type { CompletionRequest, Prompt, PromptMessage } from '../../mcp/features/prompts.ts'
import { expandUriTemplate, type ResourceContent, type ResourceList } from '../../mcp/features/resources.ts'
import type { SkillList, SkillText } from '../../mcp/features/skills.ts'
import type { Mcp } from '../../mcp/mcp.ts'
import type { Connection } from '../../registry/connection.ts'
import type { Registry } from '../../registry/registry.ts'
import type { ResourceSubscriptionRow, ResourceSubscriptions } from '../../registry/resource-subscriptions.ts'
import type { ConnectDeps } from '../connect-types.ts'
import { findManagedConnection } from '../shared/managed-connection.ts'

// A door may not look into mcp/, so what servers list and return is handed on here.
export type { Prompt, PromptMessage } from '../../mcp/features/prompts.ts'
export type { Resource, ResourceContent, ResourceList, ResourceTemplate } from '../../mcp/features/resources.ts'
export type { Skill, SkillList, SkillText } from '../../mcp/features/skills.ts'

/** What a person does with the resources and prompts of their own connections. All throw AppErrors with a sentence for them. */
export type ConnectionFeatures = {
  resources(principal: Principal, id: ConnectionId): Promise<ResourceList>
  /** `asks`: its server wants something of the person first, which is asked in a run. */
  read(principal: Principal, id: ConnectionId, uri: string): Promise<ResourceContent[] | 'asks'>
  /** The address a template makes of these values; undefined when they make none. */
  expand(uriTemplate: string, values: Record<string, string>): string | undefined
  prompts(principal: Principal, id: ConnectionId): Promise<Prompt[]>
  prompt(
    principal: Principal,
    id: ConnectionId,
    request: { name: string; arguments: Record<string, string> },
  ): Promise<PromptMessage[] | 'asks'>
  skills(principal: Principal, id: ConnectionId): Promise<SkillList>
  /** Its SKILL.md, as its server had published it. */
  readSkill(principal: Principal, id: ConnectionId, uri: string): Promise<SkillText>
  /** Completions for a field; empty where the server has none. Never throws for what a server does, and takes 2 s at most. */
  complete(principal: Principal, id: ConnectionId, completing: CompletionRequest): Promise<string[]>
  /** Tells changes of a resource in a thread from now on. Throws `limit_reached`. */
  watch(principal: Principal, id: ConnectionId, resource: WatchedResource): Promise<ResourceSubscriptionRow>
  watched(principal: Principal, id: string): Promise<ResourceSubscriptionRow | undefined>
  unwatch(principal: Principal, id: string): Promise<ResourceSubscriptionRow | undefined>
}

export type WatchedResource = Pick<ResourceSubscriptionRow, 'uri' | 'name' | 'channel' | 'threadTs'>

export type ConnectionFeaturesDeps = Pick<ConnectDeps, 'sharing'> & {
  registry: Pick<Registry, 'get'>
  subscriptions: Pick<ResourceSubscriptions, 'add' | 'get' | 'remove'>
  mcp: Pick<Mcp, 'resources' | 'readResource' | 'prompts' | 'prompt' | 'skills' | 'readSkill' | 'complete'>
}

/** Longer than the slowest first start of a server; a modal says meanwhile that it takes a moment. */
const SERVER_TIMEOUT_MS = 90_000
/** Slack waits 3 s for options. */
const COMPLETE_MS = 2_000
/** Each keeps a session open. */
const MAX_SUBSCRIPTIONS = 5

export function createConnectionFeatures({
  registry,
  subscriptions,
  mcp,
  sharing,
}: ConnectionFeaturesDeps): ConnectionFeatures {
  const own = async (principal: Principal, id: ConnectionId): Promise<Connection> => {
    const connection = await findManagedConnection({ registry, sharing }, principal, id)
    if (connection !== undefined) return connection
    throw new AppError('not_found', 'This connection is gone. Connect it again.')
  }
  return {
    resources: async (p, id) => mcp.resources(await own(p, id), serverTimeout()),
    read: async (p, id, uri) => {
      const connection = await own(p, id)
      return unlessAsked((options) => mcp.readResource(connection, uri, options))
    },
    expand: expandUriTemplate,
    prompts: async (p, id) => mcp.prompts(await own(p, id), serverTimeout()),
    prompt: async (p, id, request) => {
      const connection = await own(p, id)
      return unlessAsked((options) => mcp.prompt(connection, request, options))
    },
    skills: async (p, id) => mcp.skills(await own(p, id), serverTimeout()),
    readSkill: async (p, id, uri) => mcp.readSkill(await own(p, id), { uri }, serverTimeout()),
    complete: async (p, id, completing) => {
      try {
        return await mcp.complete(await own(p, id), completing, AbortSignal.timeout(COMPLETE_MS))
      } catch (error) {
        // What a person typed themselves is always a choice, too.
        if (error instanceof AppError) return []
        throw error
      }
    },
    watch: async (p, id, resource) => {
      const connection = await own(p, id)
      if (connection.offers?.subscriptions !== true)
        throw new AppError(
          'not_allowed',
          `${connection.name} cannot tell me about changes. Read it again when you need it.`,
        )
      if (connection.user === WORKSPACE_USER)
        throw new AppError(
          'not_allowed',
          `${connection.name} is a workspace connection. I can watch resources of your own connections only.`,
        )
      return subscriptions.add(
        { ...resource, workspace: p.workspace, user: p.user, connection: connection.id },
        MAX_SUBSCRIPTIONS,
      )
    },
    watched: (p, id) => subscriptions.get(p, id),
    unwatch: (p, id) => subscriptions.remove(p, id),
  }
}

const serverTimeout = () => AbortSignal.timeout(SERVER_TIMEOUT_MS)

type RequestOptions = Parameters<Mcp['readResource']>[2]
type FeatureReply<T> = { kind: 'done'; value: T } | { kind: 'input_required' }

/** A modal cannot show an elicitation: a server that asks during the request gets "cancel", and its result is not used. */
async function unlessAsked<T>(work: (options: RequestOptions) => Promise<FeatureReply<T>>): Promise<T | 'asks'> {
  let asked = false
  const onInput: RequestOptions['onInput'] = async () => {
    asked = true
    return { action: 'cancel' }
  }
  try {
    const reply = await work({ signal: serverTimeout(), onInput })
    return asked || reply.kind !== 'done' ? 'asks' : reply.value
  } catch (error) {
    if (asked && error instanceof AppError) return 'asks'
    throw error
  }
}
