import { z } from 'zod'
import { AppError } from '../../errors.ts'
import { parseJson } from '../../json.ts'

const FEATURES = ['database', 'auth', 'storage'] as const
export type ProjectFeature = (typeof FEATURES)[number]

/** What a person filled in, read. */
export type ProjectSettings = { url: string; host: string; key: string; features: ProjectFeature[] }

/** Throws `input_invalid`, naming the field. */
export function readProjectSettings({ url = '', key = '', features = '' }: Record<string, string>): ProjectSettings {
  const address = readProjectUrl(url)
  const problem = keyProblemIn(key)
  if (problem !== undefined) throw new AppError('input_invalid', problem, { field: 'key' })
  const wanted = features.split(/[\s,]+/)
  const chosen = FEATURES.filter((one) => one === 'database' || wanted.includes(one))
  return { url: address.origin, host: address.host, key, features: chosen }
}

const DASHBOARD = /^https:\/\/(?:app\.)?supabase\.(?:com|io)\/(?:dashboard\/)?project\/([a-z]{20})(?:[/?#]|$)/

/** The project's own address, also where the dashboard's or one of its services' was copied. */
function readProjectUrl(typed: string): URL {
  const text = typed.trim()
  const project = DASHBOARD.exec(text)?.[1]
  const url = URL.parse(project === undefined ? text : `https://${project}.supabase.co`)
  if (url !== null && /^https?:$/.test(url.protocol) && !/^(?:www\.|app\.)?supabase\.(?:com|io)$/.test(url.hostname))
    return url
  throw new AppError(
    'input_invalid',
    'This is not a project’s address. It looks like https://abcdefghijklmnopqrst.supabase.co: copy it from Project Settings → Data API.',
    { field: 'url' },
  )
}

const Claims = z.object({ role: z.string() })

const WHERE = 'Copy the service key: Project Settings → API Keys, a secret key, or service_role among the older ones.'

/** What is wrong with a key, as far as the key itself tells. https://supabase.com/docs/guides/api/api-keys */
function keyProblemIn(key: string): string | undefined {
  if (/^sb_publishable_/.test(key)) return `This is the publishable key, which sees only what everybody may. ${WHERE}`
  if (/^sbp_/.test(key)) return `This is an access token, not a project's key. ${WHERE}`
  const payload = /^eyJ[\w-]+\.([\w-]+)\.[\w-]+$/.exec(key)?.[1]
  const claims = payload && Claims.safeParse(parseJson(Buffer.from(payload, 'base64url').toString('utf8')))
  const role = claims ? claims.data?.role : undefined
  if (role === undefined || role === 'service_role') return undefined
  return `This is the key of the role "${role}", which sees only what everybody may. ${WHERE}`
}
