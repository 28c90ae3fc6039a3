import { describe, expect, it } from 'vitest'
import { isNeverReachable, isPublicAddress } from '../../src/egress/address.ts'
import { readAllowed } from '../../src/egress/allow.ts'

describe('isPublicAddress', () => {
  it.each([
    '127.0.0.1',
    '0.0.0.0',
    '10.1.2.3',
    '100.64.0.1',
    '169.254.169.254',
    '172.31.255.255',
    '192.168.1.1',
    '192.0.0.8',
    '198.18.0.1',
    '224.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    '::ffff:127.0.0.1',
    '::ffff:a00:1',
    '0:0:0:0:0:ffff:c0a8:0101',
    '64:ff9b::a00:1',
    'fc00::1',
    'fe80::1',
    'fe80::1%lo',
    'ff02::1',
    '2001:db8::1',
    '2001::1',
    '2002:7f00:1::',
    'localhost',
    '',
  ])('refuses %s', (address) => {
    expect(isPublicAddress(address)).toBe(false)
  })
  it.each(['1.1.1.1', '140.82.121.6', '172.32.0.1', '100.128.0.1', '::ffff:8.8.8.8', '2606:4700:4700::1111'])(
    'takes %s',
    (address) => {
      expect(isPublicAddress(address)).toBe(true)
    },
  )
})

describe('isNeverReachable', () => {
  it.each([
    '169.254.0.1',
    '100.100.100.200',
    '168.63.129.16',
    'fe80::1%eth0',
    'fd20:ce::254',
    '::ffff:169.254.169.254',
    '64:ff9b::169.254.169.254',
    '64:ff9b:1::169.254.169.254',
    '2002:a9fe:a9fe::1',
    '::169.254.169.254',
  ])('holds %s back, whatever is allowed', (address) => {
    expect(isNeverReachable(address)).toBe(true)
    expect(isPublicAddress(address)).toBe(false)
  })
  it.each(['10.0.0.1', '64:ff9b::10.0.0.1', 'fd00::1', '1.1.1.1', 'localhost'])('has nothing against %s', (address) => {
    expect(isNeverReachable(address)).toBe(false)
  })
})

describe('EGRESS_ALLOW', () => {
  const allowed = readAllowed([
    'db.internal',
    '127.0.0.1:8080',
    '[::1]:9000',
    ' 10.0.0.0/8 ',
    'Api.Local:443',
    'fd00::/8',
  ])
  it('takes hosts at any port, or at one', () => {
    expect(allowed.host('DB.internal', 5432)).toBe(true)
    expect(allowed.host('api.local', 443)).toBe(true)
    expect(allowed.host('api.local', 80)).toBe(false)
    expect(allowed.host('127.0.0.1', 8080)).toBe(true)
    expect(allowed.host('127.0.0.1', 8081)).toBe(false)
    expect(allowed.host('::1', 9000)).toBe(true)
    expect(allowed.host('other.internal', 5432)).toBe(false)
  })
  it('takes addresses of a block, also mapped ones', () => {
    expect(allowed.address('10.9.8.7', 1)).toBe(true)
    expect(allowed.address('::ffff:10.9.8.7', 1)).toBe(true)
    expect(allowed.address('::ffff:7f00:1', 8080)).toBe(true)
    expect(allowed.address('fd12::1', 1)).toBe(true)
    expect(allowed.address('11.0.0.1', 1)).toBe(false)
  })
  it.each(['10.0.0.0/33', 'x/8', 'http://a', 'a b', '-a', 'a:b'])('refuses to start with %s', (entry) => {
    expect(() => readAllowed([entry])).toThrowError(expect.objectContaining({ code: 'config_invalid' }))
  })
})
