import {
  type ConfigFields,
  type ConfiguredServer,
  firstTextIn,
  isFieldObject,
  LEFT_OUT,
  textFieldsIn,
  textsIn,
} from './configured-server.ts'
import { readBridge } from './read-program.ts'

const ADDRESS_NAMES = ['url', 'httpUrl', 'serverUrl', 'baseUrl', 'server_url', 'endpoint', 'uri']
const HEADER_NAMES = ['headers', 'httpHeaders', 'http_headers']
/** Where clients keep a token that they send as `Authorization: Bearer`. */
const BEARER_NAMES = [
  'bearerToken',
  'bearer_token',
  'authorization_token',
  'authorizationToken',
  'authorization',
  'apiKey',
]
const NAME_NAMES = ['name', 'server_label', 'label', 'id']

/** Whether it says where a server is or what starts it. */
export const isServerLike = (value: unknown): value is ConfigFields =>
  isFieldObject(value) && (addressOf(value) !== undefined || programOf(value) !== undefined)

export const givenNameOf = (value: ConfigFields): string | undefined => firstTextIn([value], NAME_NAMES)

/** One server of any client's file, whatever its names for address, headers and program are. */
export function readServerFields(called: string, value: ConfigFields, folder?: string): ConfiguredServer {
  const env = { ...textFieldsIn(value.env), ...textFieldsIn(value.environment), ...innerEnvOf(value) }
  const program = programOf(value)
  const server = { called, folder, off: isOff(value), url: addressOf(value), headers: headersOf(value), program, env }
  const bridge = server.url === undefined && program !== undefined ? readBridge(program, env) : undefined
  return bridge === undefined ? server : { ...server, ...bridge, program: undefined }
}

/** Some clients keep address and headers in an object of their own. */
const layersOf = (value: ConfigFields): ConfigFields[] => [
  value,
  ...[value.transport, value.remote, value.requestInit, value.options, value.config].filter(isFieldObject),
]

function addressOf(value: ConfigFields): string | undefined {
  const found = firstTextIn(layersOf(value), ADDRESS_NAMES)
  if (found !== undefined) return found
  const { serverUrl } = value
  return isFieldObject(serverUrl) ? firstTextIn([serverUrl], ['url']) : undefined
}

const programOf = (value: ConfigFields): string[] | undefined =>
  layersOf(value)
    .map(programIn)
    .find((program) => program !== undefined)

/** What starts it as a text, as a list, or as an object with a path. */
function programIn({ command, args }: ConfigFields): string[] | undefined {
  if (Array.isArray(command)) return command.length === 0 ? undefined : [...textsIn(command), ...textsIn(args)]
  const inner = isFieldObject(command) ? command : {}
  const path = firstTextIn([{ command }, inner], ['command', 'path'])
  return path === undefined ? undefined : [path, ...textsIn(inner.args ?? args)]
}

const innerEnvOf = ({ command }: ConfigFields): Record<string, string> =>
  isFieldObject(command) ? textFieldsIn(command.env) : {}

const isOff = ({ disabled, enabled, isActive, active }: ConfigFields): boolean =>
  disabled === true || [enabled, isActive, active].includes(false)

function headersOf(value: ConfigFields): Record<string, string> {
  const layers = layersOf(value)
  const given = layers.flatMap((layer) => HEADER_NAMES.flatMap((name) => Object.entries(headerFieldsIn(layer[name]))))
  const fromEnv = Object.entries(textFieldsIn(value.env_http_headers)).map(([name, text]) => [name, `\${${text}}`])
  const headers: Record<string, string> = Object.fromEntries([...given, ...fromEnv])
  const bearer = bearerOf(layers)
  const signs = Object.keys(headers).some((name) => name.toLowerCase() === 'authorization')
  return bearer === undefined || signs ? headers : { ...headers, Authorization: `Bearer ${bearer}` }
}

/** An object, or a list of names and values. */
function headerFieldsIn(value: unknown): Record<string, string> {
  if (!Array.isArray(value)) return textFieldsIn(value)
  const pairs = value.filter(isFieldObject).flatMap((one) => {
    const name = firstTextIn([one], ['name', 'key'])
    return name === undefined ? [] : [[name, firstTextIn([one], ['value']) ?? '']]
  })
  return Object.fromEntries(pairs)
}

function bearerOf(layers: ConfigFields[]): string | undefined {
  const variable = firstTextIn(layers, ['bearer_token_env_var', 'bearerTokenEnvVar'])
  if (variable !== undefined) return `\${${variable}}`
  return firstTextIn(layers, BEARER_NAMES) === undefined ? undefined : LEFT_OUT
}
