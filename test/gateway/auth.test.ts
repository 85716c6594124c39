// Who a client is: by its address from the start, by a password when it says one, and by nothing that fails.
import test from 'ava'
import { createHash } from 'node:crypto'
import { IDENTITIES_MAX } from '../../lib/gateway/bounds.js'
import { FakeSessions } from './fake-sessions.js'
import type { WireAcl } from '../../lib/gateway/jute/records.js'
import type { RawClient } from './raw-client.js'
import { client, gatewayOver, served, until } from './support.js'

const CREATE = { kind: 'create', data: undefined, flags: 0 } as const

function digest(text: string): string {
  const hash = createHash('sha1').update(text).digest('base64')
  return `${text.slice(0, text.indexOf(':'))}:${hash}`
}

async function say(raw: RawClient, scheme: string, auth: string): Promise<string> {
  raw.send({ kind: 'auth', type: 0, scheme, auth: Buffer.from(auth) }, -4)
  return raw.line()
}

test('a password counts for the requests behind it, and whoAmI shows the user without it', async (t) => {
  const { port } = await served(t)
  const raw = await client(t, port)
  const acl = [{ perms: 31, scheme: 'digest', id: digest('joe:secret') }]
  t.is(await raw.err({ ...CREATE, path: '/joe', acl }), 0)
  t.is(await raw.err({ kind: 'getData', path: '/joe', watch: false }), -102)
  t.is(await say(raw, 'digest', 'joe:secret'), 'reply -4 0')
  t.is(await raw.err({ kind: 'getData', path: '/joe', watch: false }), 0)
  t.is(await say(raw, 'digest', 'joe:secret'), 'reply -4 0')
  t.deepEqual((await raw.ask({ kind: 'whoAmI' })).body, {
    kind: 'whoAmI',
    identities: [
      { scheme: 'ip', user: '127.0.0.1' },
      { scheme: 'digest', user: 'joe' },
    ],
  })
  const stranger = await client(t, port)
  t.is(await raw.err({ ...CREATE, path: '/shown', acl: [...acl, readable()] }), 0)
  const { body } = await stranger.ask({ kind: 'getACL', path: '/shown' })
  t.is(body?.kind === 'getACL' ? body.acl[0]?.id : '', 'joe:x')
})

function readable(): WireAcl {
  return { perms: 1, scheme: 'world', id: 'anyone' }
}

test('what waits for its turn is asked as whoever its client was when it was sent', async (t) => {
  const sessions = new FakeSessions()
  const gateway = await gatewayOver(t, sessions)
  const raw = await client(t, gateway.port)
  raw.send({ kind: 'delete', path: '/a', version: -1 }, 1)
  raw.send({ kind: 'whoAmI' }, 2)
  raw.send({ kind: 'auth', type: 0, scheme: 'digest', auth: Buffer.from('joe:pw') }, -4)
  raw.send({ kind: 'whoAmI' }, 3)
  // At once: no leader is asked.
  t.is(await raw.line(), 'reply -4 0')
  await until(() => gateway.connections()[0]?.outstanding === 3)
  sessions.last.settle(1001)
  t.is(await raw.line(), 'reply 1 0')
  for (const count of [1, 2]) {
    const { body } = await raw.reply('whoAmI')
    t.is(body?.kind === 'whoAmI' ? body.identities.length : 0, count)
  }
})

test('every connection has its address, and an ACL may name it', async (t) => {
  const { port } = await served(t)
  const raw = await client(t, port)
  const only = (id: string): WireAcl[] => [{ perms: 31, scheme: 'ip', id }]
  t.is(await raw.err({ ...CREATE, path: '/here', acl: only('127.0.0.0/8') }), 0)
  t.is(await raw.err({ ...CREATE, path: '/there', acl: only('10.0.0.1') }), 0)
  t.is(await raw.err({ kind: 'getData', path: '/here', watch: false }), 0)
  t.is(await raw.err({ kind: 'getData', path: '/there', watch: false }), -102)
  t.is(await say(raw, 'ip', ''), 'reply -4 0')
})

test('whoever has the configured password may do everything', async (t) => {
  const { port } = await served(t, { superDigest: digest('super:admin') })
  const raw = await client(t, port)
  const acl = [{ perms: 31, scheme: 'digest', id: 'somebody:else' }]
  t.is(await raw.err({ ...CREATE, path: '/a', acl }), 0)
  t.is(await say(raw, 'digest', 'super:wrong'), 'reply -4 0')
  t.is(await raw.err({ kind: 'getData', path: '/a', watch: false }), -102)
  t.is(await say(raw, 'digest', 'super:admin'), 'reply -4 0')
  t.is(await raw.err({ kind: 'getData', path: '/a', watch: false }), 0)
})

test('what proves nothing is answered as failed, and costs the connection', async (t) => {
  const { port, gateway } = await served(t)
  const attempts = [
    ['kerberos', 'x'],
    ['world', 'anyone'],
    ['super', ''],
    ['', ''],
    ['digest', `${'u'.repeat(300)}:pw`],
  ] as const
  for (const [scheme, auth] of attempts) {
    const raw = await client(t, port)
    raw.send({ kind: 'auth', type: 0, scheme, auth: Buffer.from(auth) }, -4)
    raw.send({ kind: 'ping' }, -2)
    t.deepEqual(await raw.lines(2), ['reply -4 -115', 'closed'], scheme)
  }
  t.is(gateway.refusals()['AUTH_FAILED'], attempts.length)
})

test('one connection is not more people than there may be', async (t) => {
  const { port } = await served(t)
  const raw = await client(t, port)
  for (let user = 1; user < IDENTITIES_MAX; user++) {
    t.is(await say(raw, 'digest', `user${user}:pw`), 'reply -4 0')
  }
  t.is(await raw.err({ kind: 'sync', path: '/' }), 0)
  t.is(await say(raw, 'digest', 'one more:pw'), 'reply -4 -115')
})
