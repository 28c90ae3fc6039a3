import { expect, it } from 'vitest'
import { errorCodeIn } from '../../../src/mcp/auth/oauth/read-error-page.ts'

const ASKED = new URL('https://as.example.com/authorize')
const PAGE_CHARS = 500_000
const repeated = (text: string) => text.repeat(PAGE_CHARS / text.length)

it.each([
  '<svg ',
  '<svg>',
  '<a hidden ',
  '<a hidden>',
  '<input ',
  '<input type=',
  '<',
  '<!--',
  '<title>',
  '<h1 ',
  '<a style="display:none',
  '</a ',
  '\\"',
])('a page of nothing but %s is read in time', async (part) => {
  for (const status of [200, 400]) {
    expect(await errorCodeIn(new Response(repeated(part), { status }), ASKED)).toBeUndefined()
    expect(await errorCodeIn(new Response(`{"${repeated(part)}>`, { status }), ASKED)).toBeUndefined()
  }
})

it.each([
  ['<SVG><title>x</title></svg ><p>Unknown client</p>', 'invalid_client'],
  ['<p>Unknown<!-- > --> client</p>', 'invalid_client'],
  ['<div style="color: red; display: none">Unknown client</div>', undefined],
  ['<script>if (a<b) "</p>"; "Unknown client"</script><p>Hi</p>', undefined],
  ['<head><title>Unknown client</title></head>', undefined],
])('a page of %s reports %s', async (page, code) => {
  expect(await errorCodeIn(new Response(page, { status: 400 }), ASKED)).toBe(code)
})
