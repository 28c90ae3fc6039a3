import { z } from 'zod'
import { WorkspaceId } from '../../ids.ts'

/** The installation that a request counts for, and the team it came from; they differ in an organization. */
export type RequestWorkspace = { workspace: WorkspaceId; team: string }

const id = z.string().nullish()
const said = z.union([z.boolean(), z.enum(['true', 'false']).transform((word) => word === 'true')]).optional()
const Authorization = z.object({ team_id: id, enterprise_id: id, is_enterprise_install: said })

const Body = z.object({
  type: z.string().optional(),
  team_id: id,
  context_team_id: id,
  enterprise_id: id,
  is_enterprise_install: said,
  authorizations: z.array(Authorization).optional(),
  team: z.object({ id, enterprise_id: id }).nullish(),
  enterprise: z.object({ id }).nullish(),
  user: z.object({ team_id: id }).optional().catch(undefined),
  view: z.object({ app_installed_team_id: id }).nullish(),
  message: z.object({ team: id }).optional().catch(undefined),
})
type Body = z.infer<typeof Body>

/**
 * The installations that a request from Slack may count for, likeliest first: a workspace and its organization.
 * In a channel shared with another company, `team` is often the person's own, so the authorized team and the team of the message or
 * form come before it (docs.slack.dev/apis/slack-connect/using-slack-connect-with-your-app).
 */
export function requestWorkspacesOf(sent: unknown): RequestWorkspace[] {
  const body = Body.safeParse(sent).data
  if (body === undefined) return []
  const team = teamOf(body)
  const company = enterpriseOf(body)
  const org = (body.authorizations?.[0] ?? body).is_enterprise_install === true
  const workspaces = org ? [company, team] : [team, company]
  return [...new Set(workspaces)].flatMap((one) => {
    const workspace = WorkspaceId.safeParse(one)
    return workspace.success ? [{ workspace: workspace.data, team: team ?? workspace.data }] : []
  })
}

function teamOf({ authorizations, ...body }: Body): string | undefined {
  const authorized = authorizations?.[0]?.team_id ?? body.context_team_id
  const posted = body.type === 'block_actions' ? body.message?.team : undefined
  const shown = posted ?? body.view?.app_installed_team_id
  return authorized ?? shown ?? body.team?.id ?? body.team_id ?? body.user?.team_id ?? undefined
}

function enterpriseOf({ authorizations, enterprise, team, enterprise_id }: Body): string | undefined {
  if (authorizations?.[0] !== undefined) return authorizations[0].enterprise_id ?? undefined
  return enterprise?.id ?? team?.enterprise_id ?? enterprise_id ?? undefined
}
