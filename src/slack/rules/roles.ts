import type { Principal } from '../../ids.ts'
import { type Connectors, connectorsOf } from '../../policy/settings.ts'
import type { PolicyDeps, WebApiDeps } from '../deps.ts'

type Deps = Pick<WebApiDeps, 'people'> & Pick<PolicyDeps, 'rules' | 'settings'>

/** `owner`: an owner or admin of the Slack workspace, or named by one; `approver`: named by an owner. */
type Role = 'owner' | 'approver' | 'member'

/** A person's role at this moment: a right is never remembered. Throws AppError `slack_failed`. */
export async function roleOf({ people, rules }: Deps, { workspace, user }: Principal): Promise<Role> {
  const [{ mayManage, outsider }, approvers] = await Promise.all([people.now(user), rules.approversOf(workspace)])
  if (outsider !== undefined) return 'member'
  if (mayManage) return 'owner'
  return approvers.includes(user) ? 'approver' : 'member'
}

const MAY_CONNECT: Record<Connectors, Role[]> = { approvers: ['owner', 'approver'], owners: ['owner'], nobody: [] }

/** Why this person may not connect a card at this moment, in a sentence. Throws AppError `slack_failed`. */
export async function connectRefusalFor(
  deps: Deps,
  by: Principal,
  { name, title }: { name: string; title: string },
): Promise<string | undefined> {
  const who = connectorsOf(await deps.settings.of(by.workspace), name)
  if (who === undefined) return undefined
  if (who === 'nobody') return `${title} may not be connected in this workspace. Ask an owner to allow it.`
  if (MAY_CONNECT[who].includes(await roleOf(deps, by))) return undefined
  const allowed = who === 'owners' ? 'owners' : 'approvers and owners'
  return `Only ${allowed} of this workspace may connect ${title}. Ask one of them.`
}
