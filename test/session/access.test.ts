/** Who may do what: identities of a session, ACLs of znodes, and that every request and read is checked for them. */
import test from 'ava'
import { PERMS } from '../../lib/protocol/acl.js'
import type { ZooKeeperError } from '../../lib/protocol/zookeeper-error.js'
import { acl } from '../../lib/session/acl.js'
import { authenticate, digestIdentity } from '../../lib/session/auth.js'
import { openScene, turn } from './fake-replica.js'

const NO_AUTH = { code: 'NO_AUTH' }

test('a digest is ZooKeeper’s: user:base64(sha1(user:password))', (t) => {
  // The example of every ZooKeeper tutorial.
  const id = 'super:xQJmxLMiHGwaqBvst5y6rkB6HQs='
  t.deepEqual(digestIdentity('super', 'admin'), { scheme: 'digest', id })
  t.deepEqual(authenticate('digest', Buffer.from('super:admin'), undefined), [
    { scheme: 'digest', id },
  ])
  t.deepEqual(authenticate('digest', Buffer.from('super:admin'), id), [
    { scheme: 'super', id: '' },
    { scheme: 'digest', id },
  ])
  t.throws(() => digestIdentity('a:b', 'c'), { code: 'BAD_ARGUMENTS' })
})

test('what only its creator may do, another session may not, until it proves to be the same', async (t) => {
  const { session, handle } = await openScene()
  const other = await handle.openSession()
  await session.addAuth('digest', 'ann:secret')
  await session.create('/a', 'x', { acl: acl.creatorAll })
  await session.create('/a/b', 'x')
  const error = await t.throwsAsync<ZooKeeperError>(other.getData('/a'), NO_AUTH)
  t.is(error.errno, -102)
  t.is(error.path, '/a')
  await t.throwsAsync(other.exists('/a'), NO_AUTH)
  await t.throwsAsync(other.getChildren('/a'), NO_AUTH)
  await t.throwsAsync(other.getAllChildrenNumber('/a'), NO_AUTH)
  await t.throwsAsync(other.getACL('/a'), NO_AUTH)
  await t.throwsAsync(other.setData('/a', 'y'), NO_AUTH)
  await t.throwsAsync(other.setACL('/a', acl.open), NO_AUTH)
  await t.throwsAsync(other.create('/a/c'), NO_AUTH)
  await t.throwsAsync(other.delete('/a/b'), NO_AUTH)
  await t.throwsAsync(other.deleteRecursive('/a'), NO_AUTH)
  t.throws(() => other.existsSync('/a'), NO_AUTH)
  t.throws(() => other.getDataSync('/a'), NO_AUTH)
  t.throws(() => other.getChildrenSync('/a'), NO_AUTH)
  t.is((await other.getData('/a/b')).data.toString(), 'x', 'ACLs are not inherited')
  await other.addAuth('digest', Buffer.from('ann:secret'))
  t.is(other.existsSync('/a')?.version, 0)
  await other.setData('/a', 'y')
  await other.deleteRecursive('/a')
})

test('a missing znode is told as missing before anybody asks who may see it', async (t) => {
  const { session } = await openScene()
  t.is(await session.exists('/a'), null)
  await t.throwsAsync(session.getACL('/a'), { code: 'NO_NODE' })
  await t.throwsAsync(session.getAllChildrenNumber('/a'), { code: 'NO_NODE' })
})

test('addAuth counts from the call on: what was called before goes out as it was', async (t) => {
  const { session, handle } = await openScene()
  const owner = await handle.openSession()
  await owner.addAuth('digest', 'ann:secret')
  await owner.create('/a', 'x', { acl: acl.creatorAll })
  const before = session.setData('/a', 'before')
  const read = session.getData('/a')
  const added = session.addAuth('digest', 'ann:secret')
  const after = session.setData('/a', 'after')
  await t.throwsAsync(before, NO_AUTH)
  await t.throwsAsync(read, NO_AUTH)
  await added
  t.is((await after).version, 1)
})

test('nobody in particular is not sent along', async (t) => {
  const { session, replica } = await openScene()
  await session.create('/a')
  await session.addAuth('digest', 'ann:secret')
  await session.setData('/a', 'x')
  const auths = replica.requests.map((request) =>
    request.kind === 'request' ? request.auth : undefined,
  )
  t.deepEqual(auths.slice(-2), [undefined, [digestIdentity('ann', 'secret')]])
})

test('whoAmI tells what was added, of a digest the user alone, once', async (t) => {
  const { session } = await openScene({ superDigest: digestIdentity('super', 'admin').id })
  t.deepEqual(await session.whoAmI(), [])
  await session.addAuth('digest', 'ann:secret')
  await session.addAuth('digest', 'ann:secret')
  await session.addAuth('digest', 'super:admin')
  t.deepEqual(await session.whoAmI(), [
    { scheme: 'digest', id: 'ann' },
    { scheme: 'super', id: '' },
    { scheme: 'digest', id: 'super' },
  ])
})

test('what proves nothing is AUTH_FAILED, and the session goes on', async (t) => {
  const { session } = await openScene()
  for (const [scheme, auth] of [
    ['world', 'anyone'],
    ['ip', '127.0.0.1'],
    ['super', ''],
    ['auth', ''],
    ['x509', 'CN=ann'],
    ['digest', 'no-colon'],
    ['digest', Uint8Array.of(0xff, 0x3a, 0x61)],
    ['digest', `${'x'.repeat(300)}:y`],
  ] as const) {
    const error = await t.throwsAsync<ZooKeeperError>(session.addAuth(scheme, auth), {
      code: 'AUTH_FAILED',
    })
    t.is(error.errno, -115)
  }
  t.is(await session.create('/a'), '/a')
})

test('a password is in no message', async (t) => {
  const { session } = await openScene()
  const error = await t.throwsAsync(session.addAuth('digest', 'secret-without-a-colon'))
  t.notRegex(error.message, /secret/)
})

test('a session has a bounded number of identities', async (t) => {
  const { session } = await openScene()
  for (let n = 0; n < 64; n++) await session.addAuth('digest', `user-${n}:x`)
  await t.throwsAsync(session.addAuth('digest', 'one-more:x'), { code: 'OVERLOADED' })
  await session.addAuth('digest', 'user-0:x')
  t.is((await session.whoAmI()).length, 64)
})

test('the superuser of the configuration may do everything', async (t) => {
  const { session, handle } = await openScene({
    superDigest: digestIdentity('super', 'admin').id,
  })
  const root = await handle.openSession()
  await session.create('/a', 'x', { acl: acl.digest('ann', 'secret') })
  await t.throwsAsync(root.getData('/a'), NO_AUTH)
  await root.addAuth('digest', 'super:wrong')
  await t.throwsAsync(root.getData('/a'), NO_AUTH)
  await root.addAuth('digest', 'super:admin')
  t.is((await root.getData('/a')).data.toString(), 'x')
  await root.setACL('/a', acl.open)
  t.is(session.getDataSync('/a').data.toString(), 'x')
})

test('setACL counts its own version up and nothing else, and compares with it', async (t) => {
  const { session } = await openScene()
  const { stat: created } = await session.create('/a', 'x', { stat: true })
  const stat = await session.setACL('/a', acl.readOnly, 0)
  t.like(stat, { aversion: 1, version: 0, mzxid: created.mzxid })
  // ADMIN is gone with the list that gave it.
  await t.throwsAsync(session.setACL('/a', acl.open, 1), NO_AUTH)
  await session.create('/b')
  await session.setACL('/b', acl.open)
  await t.throwsAsync(session.setACL('/b', acl.open, 0), { code: 'BAD_VERSION' })
  t.is((await session.getACL('/b')).stat.aversion, 1)
})

test('getACL masks the hashes of passwords, but not for who may set the ACL', async (t) => {
  const { session, handle } = await openScene()
  const owner = await handle.openSession()
  await owner.addAuth('digest', 'ann:secret')
  const list = [...acl.creatorAll, ...acl.readOnly]
  await owner.create('/a', 'x', { acl: list })
  t.deepEqual((await session.getACL('/a')).acl, [
    { perms: PERMS.ALL, scheme: 'digest', id: 'ann:x' },
    { perms: PERMS.READ, scheme: 'world', id: 'anyone' },
  ])
  t.deepEqual((await owner.getACL('/a')).acl[0], {
    perms: PERMS.ALL,
    ...digestIdentity('ann', 'secret'),
  })
})

test('an ACL that the ensemble cannot take is INVALID_ACL', async (t) => {
  const { session } = await openScene()
  const invalid = { code: 'INVALID_ACL' }
  await t.throwsAsync(session.create('/a', '', { acl: [] }), invalid)
  await t.throwsAsync(session.create('/a', '', { acl: acl.creatorAll }), invalid)
  const unknown = [{ perms: 1, scheme: 'kerberos', id: 'ann' }]
  await t.throwsAsync(session.create('/a', '', { acl: unknown }), invalid)
  const digest = [{ perms: 1, scheme: 'digest', id: 'no-hash' }]
  await t.throwsAsync(session.create('/a', '', { acl: digest }), invalid)
  t.is(session.existsSync('/a'), null)
})

test('an ACL is copied before the call returns, and open is open whoever wrote it', async (t) => {
  const { session } = await openScene()
  const list = [{ perms: 31, scheme: 'world', id: 'anyone' }]
  const created = session.create('/a', '', { acl: list })
  list[0]!.perms = 0
  await created
  t.is((await session.getACL('/a')).acl, acl.open)
})

test('a read that is refused leaves no watch', async (t) => {
  const { session, handle, view } = await openScene()
  const owner = await handle.openSession()
  await owner.addAuth('digest', 'ann:secret')
  await owner.create('/a', 'x', { acl: acl.creatorAll })
  for (const read of ['exists', 'getData', 'getChildren'] as const) {
    await t.throwsAsync(session[read]('/a', { watch: true }), NO_AUTH)
  }
  await turn()
  t.is(view.memory.watches.size, 0)
})
