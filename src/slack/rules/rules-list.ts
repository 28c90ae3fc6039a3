import type { Principal } from '../../ids.ts'
import type { MessageContent } from '../blocks/build-blocks.ts'
import type { ConnectionDeps, PolicyDeps, WebApiDeps } from '../deps.ts'
import { roleOf } from './roles.ts'
import { rulesMessage } from './rules-message.ts'

/** What `/mcp rules` answers this person now. */
export async function rulesMessageFor(
  deps: WebApiDeps & ConnectionDeps & PolicyDeps,
  by: Principal,
): Promise<MessageContent> {
  const [rules, approvers, { connectors }, role, groups] = await Promise.all([
    deps.rules.rulesFor(by),
    deps.rules.approversOf(by.workspace),
    deps.settings.of(by.workspace),
    roleOf(deps, by),
    deps.names.groups(),
  ])
  const titleOf = (card: string) => deps.connect.card(card)?.title ?? card
  return rulesMessage({ rules, connectors, titleOf, groups }, approvers, role === 'owner')
}
