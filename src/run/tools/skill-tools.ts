import type { Skill, SkillText } from '../../mcp/features/skills.ts'
import { truncate } from '../../text.ts'
import type { BuiltinRequest, BuiltinResult } from './builtin-call.ts'
import { createTextResult, imagePartOf, listPageText, wasMentioned } from './list-text.ts'
import { quoteSkill } from './quoted-block.ts'

export async function listSkillsForModel({ mcp, source, call, reach }: BuiltinRequest): Promise<BuiltinResult> {
  const { skills, refused } = await mcp.skills(source, reach.signal)
  const unsound = refused === 0 ? [] : [`${refused} more are left out: they are not as skills have to be.`]
  const line = ({ uri, name, description }: Skill) => `- ${uri} ${JSON.stringify(name)} ${inLine(description)}`
  return createTextResult(
    'ok',
    listPageText(skills, call.arguments, { what: `skills of ${source.name}`, line, last: unsound }),
  )
}

const inLine = (text: string): string => truncate(text.replace(/\s+/g, ' '), 400)

/** Only what its server publishes as a skill, and of that only its own files. */
export async function readSkillForModel({ mcp, state, source, call, reach }: BuiltinRequest): Promise<BuiltinResult> {
  const uri = String(call.arguments.skill)
  const file = call.arguments.file === undefined ? undefined : String(call.arguments.file)
  const { skills } = await mcp.skills(source, reach.signal)
  const chosen = state.skill?.connection === source.name && state.skill.uri === uri
  // What is not listed may be linked to, also from the server's own notes; whether it is one its server says.
  const linked = wasMentioned(state, source.id, uri) || source.instructions?.includes(uri) === true
  const known = chosen || linked || skills.some((one) => one.uri === uri)
  if (!known) return createTextResult('tool_error', `${uri} is not a skill of ${source.name}. List its skills first.`)
  const read = await mcp.readSkill(source, { uri, file }, reach.signal)
  const { text } = read.content
  if (text === undefined) return { kind: 'ok', content: [imagePartOf(read.content)] }
  return createTextResult('ok', quoteSkill({ ...wordsOf(read, file), connection: source.name, text }))
}

const wordsOf = ({ skill, checked }: SkillText, file: string | undefined) => ({
  name: skill.name,
  uri: skill.uri,
  checked,
  ...(file === undefined ? { files: skill.files?.map(({ path }) => path) } : { file }),
})
