const u16 = (value: number) => [value >> 8, value & 255]
const u32 = (value: number) => [...u16(value >>> 16), ...u16(value & 0xffff)]
const le16 = (value: number) => u16(value).toReversed()
const letters = (text: string) => [...Buffer.from(text, 'latin1')]

const chunk = (kind: string, data: number[]) => [...u32(data.length), ...letters(kind), ...data, 0, 0, 0, 0]

/** Pictures as far as their headers tell: type, size and end are right, the pixels are not. */
export const png = (width = 2, height = 2): Buffer =>
  Buffer.from([
    ...[0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a],
    ...chunk('IHDR', [...u32(width), ...u32(height), 8, 2, 0, 0, 0]),
    ...chunk('IDAT', [1, 2, 3, 4, 5, 6, 7, 8]),
    ...chunk('IEND', []),
  ])

/** With a thumbnail that ends before the picture begins. */
export const jpeg = (width = 2, height = 2): Buffer =>
  Buffer.from([
    ...[0xff, 0xd8, 0xff, 0xe1, ...u16(6), 0xff, 0xd8, 0xff, 0xd9],
    ...[0xff, 0xc0, ...u16(11), 8, ...u16(height), ...u16(width), 1, 1, 0x11, 0],
    ...[0xff, 0xda, ...u16(8), 1, 1, 0, 0, 63, 0, 1, 2, 3, 4, 5, 6, 0xff, 0xd9],
  ])

export const gif = (width = 2, height = 2): Buffer =>
  Buffer.from([...letters('GIF89a'), ...le16(width), ...le16(height), 0, 0, 0, 0x2c, 1, 2, 3, 4, 0, 0x3b])

export const webp = (width = 2, height = 2): Buffer =>
  Buffer.from([
    ...letters('RIFF'),
    ...[22, 0, 0, 0],
    ...letters('WEBPVP8X'),
    ...[10, 0, 0, 0, 0, 0, 0, 0],
    ...[...le16(width - 1), 0, ...le16(height - 1), 0],
  ])
