import { supportedExtensions } from 'file-type'

/** A last part like `.pdf`, without its dot and in lower case; what begins with a dot is a name. */
export const endingOf = (name: string): string =>
  /[^.]\.((?=[a-z0-9]*[a-z])[a-z0-9]{1,10})$/i.exec(name)?.[1]?.toLowerCase() ?? ''

/** Endings of texts, which no bytes tell apart. */
const TEXT_ENDINGS = new Set(
  `txt text md markdown csv tsv json jsonl ndjson yaml yml toml ini cfg conf env log xml html htm css svg sql sh bash
  ps1 bat py rb go rs java kt c h cpp cs php swift js mjs cjs jsx ts mts tsx vue diff patch tex rst org eml vcf ics srt
  graphql proto tf gradle properties rtf ps eps asc pem`.split(/\s+/),
)

/** Whether a name ends as a text's does. */
export const isTextName = (name: string): boolean => TEXT_ENDINGS.has(endingOf(name))

/** Formats that many others are made of: the ending says more than the bytes. */
const CONTAINERS = new Set(
  'zip cfb gz xz bz2 zst tar xml mp4 mov m4a ogg oga ogv webm mkv tif sqlite exe elf asf mpg ttf'.split(' '),
)
/** Formats with a start of their own: under these endings other bytes are a mistake. */
const UNMISTAKABLE = new Set('pdf png jpg jpeg gif webp bmp'.split(' '))
const GENERIC = new Set('bin dat data blob tmp temp file download'.split(' '))
const ALIASES: Record<string, string> = { jpeg: 'jpg', jpe: 'jpg', jfif: 'jpg', heif: 'heic', aiff: 'aif', midi: 'mid' }

/** The name with the ending that its bytes have. */
export function withEnding(name: string, extension: string): string {
  const ending = endingOf(name)
  if (extension === '' || (ALIASES[ending] ?? ending) === extension) return name
  const isOther = TEXT_ENDINGS.has(ending) || GENERIC.has(ending)
  if (ending !== '' && CONTAINERS.has(extension) && !isOther && !UNMISTAKABLE.has(ending)) return name
  return isOther || supportedExtensions.has(ending) ? replaceEnding(name, extension) : `${name}.${extension}`
}

/** What was read out of `report.pdf` is a text, and no PDF. */
export function toTextName(name: string, mimeType = ''): string {
  const ending = endingOf(name)
  const extension = TEXT_TYPES.find(([type]) => type.test(mimeType))?.[1] ?? 'txt'
  if (ending === '') return `${name}.${extension}`
  const isOther = GENERIC.has(ending) || (supportedExtensions.has(ending) && !TEXT_ENDINGS.has(ending))
  return isOther ? replaceEnding(name, extension) : name
}

const replaceEnding = (name: string, extension: string): string => name.replace(/(?<![^.])[^.]*$/, extension)

const TEXT_TYPES: [RegExp, string][] = [
  [/\bjson\b/, 'json'],
  [/\bsvg\b/, 'svg'],
  [/\bhtml\b/, 'html'],
  [/\bxml\b/, 'xml'],
  [/\bcsv\b/, 'csv'],
  [/\bmarkdown\b/, 'md'],
  [/\byaml\b/, 'yaml'],
]
