import { LIMITS } from './limits.ts'

/** Where blocks are shown. */
export type Surface = 'message' | 'modal' | 'home'

/** What a value must look like; the tables in `elements.ts` and `blocks.ts` are written in these. */
export type Shape =
  | { kind: 'string'; min: number; max: number; pattern?: RegExp }
  | { kind: 'one'; of: readonly (string | number)[] }
  | { kind: 'boolean' }
  | { kind: 'number'; whole: boolean; min: number; max: number }
  | { kind: 'list'; of: Shape; min: number; max: number }
  | { kind: 'object'; fields: Fields; rules: readonly ShapeRule[] }
  | { kind: 'element' | 'block'; types: readonly string[] }
  | { kind: 'anything' }

export type Fields = Record<string, { shape: Shape; required: boolean }>

/** What no single field can say. */
export type ShapeRule =
  | { rule: 'one_of' | 'any_of'; fields: readonly string[] }
  | { rule: 'unique'; list: string; key: string }
  | { rule: 'initial_among'; initial: string }

export const text = (max: number, min = 1): Shape => ({ kind: 'string', min, max })
export const matching = (max: number, pattern: RegExp): Shape => ({ kind: 'string', min: 1, max, pattern })
export const one = (...of: (string | number)[]): Shape => ({ kind: 'one', of })
export const flag: Shape = { kind: 'boolean' }
export const whole = (min: number, max: number): Shape => ({ kind: 'number', whole: true, min, max })
export const list = (of: Shape, max: number, min = 1): Shape => ({ kind: 'list', of, min, max })
export const elements = (...types: string[]): Shape => ({ kind: 'element', types })
export const blocks = (...types: string[]): Shape => ({ kind: 'block', types })
export const anything: Shape = { kind: 'anything' }

/** Fields by name; a name with `?` is optional. */
export function fields(shapes: Record<string, Shape>): Fields {
  return Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => [name.replace('?', ''), { shape, required: !name.endsWith('?') }]),
  )
}

export const object = (shapes: Record<string, Shape>, ...rules: ShapeRule[]): Shape => ({
  kind: 'object',
  fields: fields(shapes),
  rules,
})

/** Text objects are told apart by `type`, like elements. */
export const plainText = (max: number): Shape => object({ type: one('plain_text'), text: text(max), 'emoji?': flag })
export const mrkdwn = (max: number): Shape => object({ type: one('mrkdwn'), text: text(max), 'verbatim?': flag })
export const anyText = (max: number): Shape =>
  object({ type: one('plain_text', 'mrkdwn'), text: text(max), 'emoji?': flag, 'verbatim?': flag })

export const confirm: Shape = object({
  title: plainText(LIMITS.confirm.title),
  text: anyText(LIMITS.confirm.text),
  confirm: plainText(LIMITS.confirm.button),
  deny: plainText(LIMITS.confirm.button),
  'style?': one('primary', 'danger'),
})

/** Either a public URL or a file of the workspace. */
export const IMAGE_SOURCE = {
  'image_url?': text(LIMITS.image.url),
  'slack_file?': object(
    { 'id?': text(LIMITS.id), 'url?': text(LIMITS.image.url) },
    { rule: 'one_of', fields: ['id', 'url'] },
  ),
}
