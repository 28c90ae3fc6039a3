import { expect, test } from 'vitest'
import { checkPicture } from '../../src/model/check-picture.ts'
import { gif, jpeg, png, webp } from '../support/pictures.ts'

const cut = (picture: Buffer, by = 4) => picture.subarray(0, picture.length - by)

test.each([
  ['image/png', png()],
  ['image/png', Buffer.concat([png(), Buffer.from('trailing')])],
  ['image/png', png(8_000, 1)],
  ['image/jpeg', jpeg()],
  ['image/jpeg', Buffer.concat([jpeg(), Buffer.alloc(3)])],
  ['image/gif', gif()],
  ['image/webp', webp()],
])('%s is known by its bytes (%#)', (type, picture) => {
  const data = picture.toString('base64')
  expect(checkPicture(data)).toEqual({ type, data })
  expect(checkPicture(data.replace(/(.{10})/g, '$1\r\n'))).toEqual({ type, data })
})

test.each([
  ['nothing', Buffer.alloc(0), 'empty'],
  ['text', Buffer.from('not a picture'), 'no PNG, JPEG, GIF or WebP'],
  ['TIFF', Buffer.from('II*\0abcdefgh'), 'no PNG'],
  ['SVG', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'), 'no PNG'],
  ['a cut PNG', cut(png(), 20), 'incomplete'],
  ['a PNG of eight bytes', png().subarray(0, 8), 'incomplete'],
  ['a PNG without pixels', png(0, 2), 'damaged'],
  ['a cut JPEG with a whole thumbnail', cut(jpeg()), 'incomplete'],
  ['a JPEG of zeros', Buffer.concat([jpeg().subarray(0, 3), Buffer.alloc(200)]), 'incomplete'],
  ['a cut GIF', cut(gif(), 2), 'incomplete'],
  ['a cut WebP', cut(webp(), 1), 'incomplete'],
  ['a wide PNG', png(8_001, 2), '8001 × 2 pixels'],
  ['a high JPEG', jpeg(2, 9_000), '2 × 9000 pixels'],
  ['a wide GIF', gif(8_001, 1), '8001 × 1 pixels'],
  ['a wide WebP', webp(9_000, 1), '9000 × 1 pixels'],
  ['a heavy PNG', Buffer.concat([png(), Buffer.alloc(4_000_000)]), '3.8 are possible'],
])('%s is refused with a reason', (_what, picture, why) => {
  expect(checkPicture(picture.toString('base64'))).toEqual({ refused: expect.stringContaining(why) })
})
