import { expect, it } from 'vitest'
import { isSameIssuer } from '../../../src/mcp/auth/oauth/discover.ts'

it.each([
  ['https://login.example.com', 'https://login.example.com/', true],
  ['https://login.example.com/tenant/', 'https://login.example.com/tenant', true],
  ['HTTPS://Login.Example.com/tenant', 'https://login.example.com/tenant', true],
  ['https://login.example.com:443', 'https://login.example.com', true],
  ['http://login.example.com:80/', 'http://login.example.com', true],
  ['https://login.example.com/Tenant', 'https://login.example.com/tenant', false],
  ['https://login.example.com', 'http://login.example.com', false],
  ['https://login.example.com:8443', 'https://login.example.com', false],
  ['https://login.example.com/a', 'https://login.example.com/b', false],
  ['https://login.example.com?a=1', 'https://login.example.com', false],
])('issuers %s and %s: %s', (one, other, same) => {
  expect(isSameIssuer(one, other)).toBe(same)
  expect(isSameIssuer(other, one)).toBe(same)
})
