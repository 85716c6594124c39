import test from 'ava'
import { ACL_BYTES_MAX, ACL_ENTRIES_MAX, IDENTITY_UNITS_MAX } from '../../lib/base/limits.js'
import { OPEN_ACL, PERMS } from '../../lib/protocol/acl.js'
import type { Acl, Identity } from '../../lib/protocol/acl.js'
import { bytesOfAcl, expandAcl, maskAcl, mayDo } from '../../lib/tree/access.js'
import { isIpRange, isIpWithin } from '../../lib/tree/ip-address.js'

const { READ, WRITE, CREATE, DELETE, ADMIN, ALL } = PERMS
const ALICE: Identity = { scheme: 'digest', id: 'alice:hash' }
const BOB: Identity = { scheme: 'digest', id: 'bob:hash' }
const SUPER: Identity = { scheme: 'super', id: '' }
const HOME: Identity = { scheme: 'ip', id: '127.0.0.1' }

function entry(perms: number, scheme: string, id: string): Acl {
  return { perms, scheme, id }
}

function of(identity: Identity, perms: number = ALL): Acl {
  return { perms, ...identity }
}

test('everybody may do what the list gives to anyone, and nothing else', (t) => {
  for (const auth of [undefined, [], [ALICE]]) {
    t.true(mayDo(OPEN_ACL, ADMIN, auth))
    const readable = [entry(READ, 'world', 'anyone')]
    t.true(mayDo(readable, READ, auth))
    for (const perm of [WRITE, CREATE, DELETE, ADMIN]) t.false(mayDo(readable, perm, auth))
    t.true(mayDo(readable, READ | ADMIN, auth), 'one of several permissions is enough')
    t.true(mayDo([], WRITE, auth), 'an empty list forbids nothing')
  }
})

test('a list gives to each identity what it says, by scheme and id', (t) => {
  const acl = [of(ALICE, READ | WRITE), of(BOB, DELETE)]
  t.true(mayDo(acl, WRITE, [ALICE]))
  t.false(mayDo(acl, DELETE, [ALICE]))
  t.true(mayDo(acl, DELETE, [ALICE, BOB]), 'any identity of who asks counts')
  t.false(mayDo(acl, READ, undefined))
  t.false(mayDo(acl, READ, [{ scheme: 'ip', id: ALICE.id }]), 'another scheme is somebody else')
  t.false(mayDo(acl, READ, [{ scheme: 'world', id: 'anyone' }]))
})

test('a super identity may do everything, whatever its id', (t) => {
  t.true(mayDo([of(ALICE, 0)], ADMIN, [{ scheme: 'super', id: 'x' }]))
  t.true(mayDo([of(ALICE, 0)], ADMIN, [BOB, SUPER]))
})

test('an address is in a range when the bits of its prefix are the same', (t) => {
  for (const [address, range, isIn] of [
    ['10.1.2.3', '10.1.2.3', true],
    ['10.1.2.4', '10.1.2.3', false],
    ['10.1.2.4', '10.1.2.3/24', true],
    ['10.1.3.4', '10.1.2.3/24', false],
    ['10.1.3.4', '10.1.2.3/23', true],
    ['255.0.0.1', '0.0.0.0/0', true],
    ['128.0.0.0', '0.0.0.0/1', false],
    ['127.255.255.255', '0.0.0.0/1', true],
    ['10.1.2.3', '10.1.2.3/32', true],
    ['10.1.2.2', '10.1.2.3/32', false],
    ['::1', '::1', true],
    ['::1', '0:0:0:0:0:0:0:1', true],
    ['::2', '::1', false],
    ['2001:db8::abcd', '2001:DB8::/32', true],
    ['2001:db9::abcd', '2001:db8::/32', false],
    ['2001:db9::abcd', '2001:db8::/31', true],
    ['fe80::1%eth0', 'fe80::/10', true],
    ['::ffff:10.1.2.3', '10.1.2.0/24', true],
    ['10.1.2.3', '::ffff:10.1.2.0/120', true],
    ['10.1.2.3', '::ffff:10.1.3.0/120', false],
    ['::ffff:0a01:0203', '10.1.2.3', true],
    ['::1', '0.0.0.0/0', false],
    ['nobody', '0.0.0.0/0', false],
    ['', '::/0', false],
    ['10.1.2.3', 'everywhere', false],
  ] as const) {
    t.is(isIpWithin(address, range), isIn, `${address} in ${range}`)
    t.is(mayDo([entry(ALL, 'ip', range)], READ, [{ scheme: 'ip', id: address }]), isIn)
  }
})

test('texts that are no address, or have no such prefix, are no range', (t) => {
  for (const text of [
    '',
    '1.2.3',
    '1.2.3.4.5',
    '1.2.3.256',
    '1.2.3.x',
    '1.2.3.-1',
    '1.2.3.+1',
    '1.2.3.4/33',
    '1.2.3.4/',
    '1.2.3.4/-1',
    '1.2.3.4/8/8',
    '/8',
    ':',
    ':::',
    '1::2::3',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1:2:3:4:5:6:7::8',
    '12345::',
    'g::',
    '::/129',
    '::1.2.3',
    '1.2.3.4::',
    '::1%eth0',
    ' ::1',
  ]) {
    t.false(isIpRange(text), text)
  }
  for (const text of [
    '0.0.0.0',
    '1.2.3.4/0',
    '::',
    '::/0',
    '1::',
    '::1.2.3.4',
    '1:2:3:4:5:6:7::',
  ]) {
    t.true(isIpRange(text), text)
  }
})

test('a list that is kept has no entry twice, and its entries in their order', (t) => {
  const [read, write] = [of(ALICE, READ), of(ALICE, WRITE)]
  t.deepEqual(expandAcl([read, write, { ...read }], undefined), [read, write])
})

test('a list that says what the open one says is the open one', (t) => {
  const anyone = entry(ALL, 'world', 'anyone')
  t.is(expandAcl([{ ...anyone }, anyone], undefined), OPEN_ACL)
  t.is(expandAcl(OPEN_ACL, undefined), OPEN_ACL)
  t.not(expandAcl([entry(READ, 'world', 'anyone')], undefined), OPEN_ACL)
})

test('auth stands for what who asks has proved, and for nothing else', (t) => {
  const auth = [entry(READ, 'auth', 'ignored')]
  t.deepEqual(expandAcl(auth, [HOME, ALICE, SUPER, BOB]), [of(ALICE, READ), of(BOB, READ)])
  for (const nobody of [undefined, [], [HOME], [SUPER], [{ scheme: 'world', id: 'anyone' }]]) {
    t.is(expandAcl(auth, nobody), undefined)
    t.is(expandAcl([entry(ALL, 'world', 'anyone'), ...auth], nobody), undefined)
  }
})

test('a list is refused for one entry that its scheme does not know', (t) => {
  t.is(expandAcl([], [ALICE]), undefined)
  for (const [scheme, id] of [
    ['world', 'somebody'],
    ['world', ''],
    ['digest', 'alice'],
    ['digest', 'alice:'],
    ['digest', 'a:b:c'],
    ['digest', ':'],
    ['digest', '\ud800:hash'],
    ['digest', `a:${'x'.repeat(IDENTITY_UNITS_MAX - 1)}`],
    ['ip', '1.2.3'],
    ['super', 'x'],
    ['sasl', 'x'],
    ['', 'anyone'],
    ['__proto__', 'x'],
  ] as const) {
    t.is(expandAcl([of(ALICE), entry(ALL, scheme, id)], [ALICE]), undefined, `${scheme}:${id}`)
  }
  for (const id of ['alice:hash', ':hash', 'a:b:', `a:${'x'.repeat(IDENTITY_UNITS_MAX - 2)}`]) {
    t.deepEqual(expandAcl([entry(ALL, 'digest', id)], undefined), [entry(ALL, 'digest', id)])
  }
})

test('an identity that no other replica could read is not kept, also where auth stands for it', (t) => {
  const broken = { scheme: 'digest', id: 'a\udc00:hash' }
  t.is(expandAcl([entry(ALL, 'auth', '')], [broken]), undefined)
})

test('permissions are any 32 bits, and no other number', (t) => {
  for (const perms of [0, 1, 31, 32, -1, 2 ** 31 - 1, -(2 ** 31)]) {
    t.truthy(expandAcl([of(ALICE, perms)], undefined))
  }
  for (const perms of [0.5, 2 ** 31, Number.NaN, Infinity]) {
    t.is(expandAcl([of(ALICE, perms)], undefined), undefined)
  }
})

test('a list is bounded in entries and bytes, after auth was expanded', (t) => {
  const many = (count: number): Acl[] =>
    Array.from({ length: count }, (_, index) => entry(ALL, 'digest', `u${index}:h`))
  t.is(expandAcl(many(ACL_ENTRIES_MAX), undefined)?.length, ACL_ENTRIES_MAX)
  t.is(expandAcl(many(ACL_ENTRIES_MAX + 1), undefined), undefined)

  const callers = Array.from({ length: 60 }, (_, index) => ({
    scheme: 'digest',
    id: `c${index}:h`,
  }))
  const asked = [entry(READ, 'auth', ''), entry(WRITE, 'auth', ''), entry(ADMIN, 'auth', '')]
  t.is(expandAcl(asked.slice(1), callers)?.length, 120)
  t.is(expandAcl(asked, callers), undefined)

  const wide = many(40).map(({ id, ...rest }) => ({ ...rest, id: id + 'é'.repeat(95) }))
  t.true(bytesOfAcl(wide) > ACL_BYTES_MAX)
  t.is(expandAcl(wide, undefined), undefined)
  t.truthy(expandAcl(wide.slice(0, 25), undefined))
})

test('who may not set a list does not see the hashes in it', (t) => {
  const acl = [of(ALICE, READ), entry(READ, 'ip', '10.0.0.0/8'), of(BOB, ADMIN)]
  t.deepEqual(maskAcl(acl, [ALICE]), [
    entry(READ, 'digest', 'alice:x'),
    entry(READ, 'ip', '10.0.0.0/8'),
    entry(ADMIN, 'digest', 'bob:x'),
  ])
  t.is(maskAcl(acl, [BOB]), acl)
  t.is(maskAcl(acl, [SUPER]), acl)
})

test('no identity begins with a byte order mark, which one decoder drops and another keeps', (t) => {
  const id = `${'\ufeff'.repeat(8)}${'x'.repeat(80)}:hash`
  t.is(expandAcl([{ perms: 31, scheme: 'digest', id }], []), undefined)
})
