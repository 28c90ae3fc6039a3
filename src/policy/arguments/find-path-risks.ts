import { decodeUriText } from '../../text.ts'
import type { Risk } from '../risk.ts'

/** Longer texts are no path. */
const MAX_CHARS = 2_000
const PATH_NAME = /path|file|folder|dir|source|destination|target|uri|url|root|cwd/i
const PATH_LIKE = /^(?:file:|~|\.{0,2}[\\/]|[a-z]:[\\/])/i
/** What belongs to the machine, and not to what anybody works with. */
const SYSTEM =
  /^(?:\/(?:etc|proc|sys|dev|root|boot|run|var\/run|var\/lib|private\/etc)(?=\/|$)|~|[a-z]:\/windows(?=\/|$)|\/\/[^/])/i
/** Hidden files and folders that hold keys and passwords. */
const SECRETS =
  /^(?:\.env(?:\..+)?|\.ssh|\.aws|\.azure|\.kube|\.docker|\.gnupg|\.npmrc|\.pypirc|\.netrc|\.pgpass|\.my\.cnf|\.git-credentials|\.htpasswd|\.vault-token|id_(?:rsa|ed25519|ecdsa|dsa))$/i

type Finding = { risk: Risk; why: string }

/** What a path among the arguments shows: that it leads out of its folder, or to what is not the person's work. */
export function findPathRisks(name: string, text: string, isChange: boolean): Finding[] {
  const isPath = PATH_LIKE.test(text) || (PATH_NAME.test(name) && !/\s{2}|\n/.test(text))
  if (!isPath || text.length > MAX_CHARS) return []
  const path = plainPathOf(text)
  const segments = path.split('/')
  const system = SYSTEM.exec(path)?.[0]
  const hidden = segments.find((one) => SECRETS.test(one))
  const grave = isChange ? 'destructive' : 'write'
  return [
    ...(segments.includes('..')
      ? [{ risk: grave, why: 'It names a path that leads out of its folder ("..").' } as const]
      : []),
    ...(system === undefined
      ? []
      : [{ risk: grave, why: `It names a place of the machine itself (${system}).` } as const]),
    ...(hidden === undefined
      ? []
      : [{ risk: 'write', why: `It names ${hidden}, which often holds keys or passwords.` } as const]),
  ]
}

/** The path as a server may read it: codes may be coded once more, and Windows has other slashes. */
function plainPathOf(text: string): string {
  const decoded = decodeUriText(decodeUriText(text)).replaceAll('\\', '/')
  return decoded.replace(/^file:\/\/(?:localhost)?(?=\/)/i, '').replace(/[?#].*$/, '')
}
