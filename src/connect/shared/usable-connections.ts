import { errorChainOf, isAppError } from '../../errors.ts'
import type { Principal } from '../../ids.ts'
import type { Connection, ConnectionShare } from '../../registry/connection.ts'
import { CUSTOM_CARD } from '../catalog/connectable-cards.ts'
import type { Connect, ConnectDeps } from '../connect-types.ts'

/** What a person may use at this moment: their own connections, and the workspace connections of services they have not connected. */
export function createUsableConnections(deps: ConnectDeps): Connect['usable'] {
  return async (by) => {
    const [own, shared] = await Promise.all([
      deps.registry.connectionsOf(by),
      deps.sharing?.connections.in(by.workspace),
    ])
    if (shared === undefined || shared.length === 0) return own
    const services = new Set(own.map(serviceOf))
    const others = shared.filter((one) => !services.has(serviceOf(one)))
    const used = await Promise.all(others.map((one) => useOf(deps, by, one)))
    return [...own, ...used.filter((one) => one !== undefined)]
  }
}

/** A typed address is what tells two servers apart. */
const serviceOf = ({ card, inputs }: Connection): string =>
  card === CUSTOM_CARD ? `${card} ${Object.values(inputs).join(' ')}` : card

async function useOf(deps: ConnectDeps, by: Principal, connection: Connection): Promise<Connection | undefined> {
  const { shared } = connection
  if (shared === undefined || !(await isInAudience(deps, by, shared))) return undefined
  return { ...connection, shared: { ...shared, usedBy: by.user } }
}

/** A person who cannot be looked up now is not let in. */
async function isInAudience({ sharing, log }: ConnectDeps, by: Principal, share: ConnectionShare): Promise<boolean> {
  if (sharing === undefined) return false
  try {
    switch (share.audience) {
      case 'people':
        return share.people.includes(by.user)
      case 'everybody':
        return await sharing.isMember(by)
      case 'approvers':
        return (await sharing.roleOf(by)) !== 'member'
      default:
        return share.audience satisfies never
    }
  } catch (error) {
    if (!isAppError(error, 'slack_failed')) throw error
    log.warn({ user: by.user, why: errorChainOf(error) }, 'not known whether a person may use a shared connection')
    return false
  }
}
