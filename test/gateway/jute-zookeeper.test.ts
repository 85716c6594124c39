/**
 * The codec and the client against Apache ZooKeeper itself: every request that a client may send is understood, and
 * every answer read to its last byte. Skipped where Debian's package is absent.
 */
import test from 'ava'
import type { ExecutionContext } from 'ava'
import { ClientError } from '../../lib/cli/client-error.js'
import { connect } from '../../lib/cli/client.js'
import type { ConnectOptions, ZooKeeperClient } from '../../lib/cli/client.js'
import { reconnect } from '../../lib/cli/reconnect.js'
import type { WireAcl } from '../../lib/gateway/jute/records.js'
import type { Notification } from '../../lib/gateway/jute/replies.js'
import { startZooKeeper, zooKeeperMissing } from '../interop/apache-zookeeper.js'
import type { Server } from '../interop/apache-zookeeper.js'

const OPEN: readonly WireAcl[] = [{ perms: 31, scheme: 'world', id: 'anyone' }]
const MISSING = zooKeeperMissing()
const run = MISSING === undefined ? test : test.skip

let server: Server | undefined
let folders = 0

test.before(async (t) => {
  if (MISSING === undefined) server = await startZooKeeper()
  else t.log(MISSING)
})

test.after.always(() => server?.stop())

async function client(
  t: ExecutionContext,
  options: Partial<ConnectOptions> = {},
): Promise<ZooKeeperClient> {
  const opened = await connect({
    host: '127.0.0.1',
    port: server!.port,
    timeoutMs: 10_000,
    ...options,
  })
  t.teardown(() => opened.close())
  return opened
}

async function folder(zk: ZooKeeperClient): Promise<string> {
  const path = `/folder-${folders++}`
  await zk.request({ kind: 'create', path, data: undefined, acl: OPEN, flags: 0 })
  return path
}

async function refusal(promise: Promise<unknown>): Promise<string> {
  try {
    await promise
    return 'none'
  } catch (error) {
    if (error instanceof ClientError) return error.code
    throw error
  }
}

run('the four kinds of create, and what reads say of them', async (t) => {
  const zk = await client(t)
  const path = await folder(zk)
  const data = Buffer.from('é')
  const create2 = await zk.request({
    kind: 'create2',
    path: `${path}/a`,
    data,
    acl: OPEN,
    flags: 1,
  })
  t.is(create2.body.path, `${path}/a`)
  t.is(create2.body.stat.ephemeralOwner, zk.session.id)
  t.is(create2.body.stat.czxid, create2.zxid)
  t.is(create2.body.stat.dataLength, 2)
  const container = await zk.request({
    kind: 'createContainer',
    path: `${path}/c`,
    data: undefined,
    acl: OPEN,
    flags: 4,
  })
  t.is(container.body.path, `${path}/c`)
  const ttl = await zk.request({
    kind: 'createTTL',
    path: `${path}/t-`,
    data,
    acl: OPEN,
    flags: 6,
    ttl: 60_000,
  })
  t.is(ttl.body.path, `${path}/t-0000000002`)

  const got = await zk.request({ kind: 'getData', path: `${path}/a`, watch: false })
  t.deepEqual(Buffer.from(got.body.data!), data)
  t.deepEqual(got.body.stat, create2.body.stat)
  t.is((await zk.request({ kind: 'getData', path, watch: false })).body.data, undefined)
  const children = await zk.request({ kind: 'getChildren2', path, watch: false })
  t.deepEqual([...children.body.children].toSorted(), ['a', 'c', 't-0000000002'])
  t.is(children.body.stat.numChildren, 3)
  t.is(children.body.stat.pzxid, ttl.zxid)
  const names = await zk.request({ kind: 'getChildren', path, watch: false })
  t.deepEqual(names.body.children, children.body.children)
  t.is((await zk.request({ kind: 'getAllChildrenNumber', path })).body.total, 3)
  const ephemerals = await zk.request({ kind: 'getEphemerals', prefix: path })
  t.deepEqual(ephemerals.body.paths, [`${path}/a`])
  t.is((await zk.request({ kind: 'sync', path })).body.path, path)
})

run('setting, deleting, checking versions', async (t) => {
  const zk = await client(t)
  const path = await folder(zk)
  const set = await zk.request({ kind: 'setData', path, data: Buffer.from('abc'), version: 0 })
  t.is(set.body.stat.version, 1)
  const wrong = zk.request({ kind: 'setData', path, data: undefined, version: 0 })
  t.is(await refusal(wrong), 'BAD_VERSION')
  const exists = await zk.request({ kind: 'exists', path, watch: false })
  t.deepEqual(exists.body.stat, set.body.stat)
  await zk.request({ kind: 'delete', path, version: 1 })
  const error = await t.throwsAsync(zk.request({ kind: 'exists', path, watch: false }), {
    instanceOf: ClientError,
  })
  t.is(error.code, 'NO_NODE')
  t.is(error.errno, -101)
  t.is(error.path, path)
})

run('who somebody is, and what an ACL lets him do', async (t) => {
  const zk = await client(t, { auth: [{ scheme: 'digest', auth: 'ben:secret' }] })
  const path = await folder(zk)
  const acl = [{ perms: 31, scheme: 'auth', id: '' }]
  t.is((await zk.request({ kind: 'setACL', path, acl, version: -1 })).body.stat.aversion, 1)
  const digest = await zk.request({ kind: 'getACL', path })
  t.is(digest.body.acl[0]?.scheme, 'digest')
  t.true(digest.body.acl[0]?.id.startsWith('ben:'))
  const identities = (await zk.request({ kind: 'whoAmI' })).body.identities
  t.deepEqual(identities.map(({ scheme }) => scheme).toSorted(), ['digest', 'ip'])
  const other = await client(t)
  t.is(await refusal(other.request({ kind: 'getData', path, watch: false })), 'NO_AUTH')
  const wrong = connect({
    host: '127.0.0.1',
    port: server!.port,
    timeoutMs: 10_000,
    auth: [{ scheme: 'nobody-knows', auth: 'x' }],
  })
  t.is(await refusal(wrong), 'AUTH_FAILED')
})

run('a multi succeeds with a result each, or fails with an error each', async (t) => {
  const zk = await client(t)
  const path = await folder(zk)
  const done = await zk.request({
    kind: 'multi',
    operations: [
      { kind: 'create', path: `${path}/a`, data: undefined, acl: OPEN, flags: 0 },
      { kind: 'setData', path: `${path}/a`, data: Buffer.from('1'), version: 0 },
      { kind: 'check', path: `${path}/a`, version: 1 },
      { kind: 'delete', path: `${path}/a`, version: 1 },
    ],
  })
  t.deepEqual(
    done.body.results.map(({ kind }) => kind),
    ['create', 'setData', 'check', 'delete'],
  )
  const failed = await zk.request({
    kind: 'multi',
    operations: [
      { kind: 'create', path: `${path}/b`, data: undefined, acl: OPEN, flags: 0 },
      { kind: 'check', path: `${path}/b`, version: 1 },
      { kind: 'delete', path: `${path}/b`, version: -1 },
    ],
  })
  t.deepEqual(failed.body.results, [
    { kind: 'error', err: 0 },
    { kind: 'error', err: -103 },
    { kind: 'error', err: -2 },
  ])
  const reads = await zk.request({
    kind: 'multiRead',
    operations: [
      { kind: 'getChildren', path, watch: false },
      { kind: 'getData', path: `${path}/b`, watch: false },
      { kind: 'getData', path, watch: false },
    ],
  })
  t.deepEqual(
    reads.body.results.map(({ kind }) => kind),
    ['getChildren', 'error', 'getData'],
  )
  t.deepEqual((await zk.request({ kind: 'multi', operations: [] })).body.results, [])
})

run('watches of every kind tell before the answer that shows the change', async (t) => {
  const events: Notification[] = []
  const zk = await client(t, { onEvent: (event) => events.push(event) })
  const path = await folder(zk)
  const told = (): string[] => events.splice(0).map((event) => `${event.type} ${event.path}`)
  await zk.request({ kind: 'getData', path, watch: true })
  await zk.request({ kind: 'getChildren', path, watch: true })
  await zk.request({ kind: 'exists', path: `${path}/a`, watch: true }).catch(() => undefined)
  await zk.request({ kind: 'checkWatches', path, type: 2 })
  await zk.request({ kind: 'create', path: `${path}/a`, data: undefined, acl: OPEN, flags: 0 })
  await zk.request({ kind: 'setData', path, data: undefined, version: -1 })
  t.deepEqual(told(), [
    `NodeCreated ${path}/a`,
    `NodeChildrenChanged ${path}`,
    `NodeDataChanged ${path}`,
  ])

  t.is((await zk.request({ kind: 'addWatch', path, mode: 1 })).body.err, 0)
  await zk.request({ kind: 'delete', path: `${path}/a`, version: -1 })
  t.deepEqual(told(), [`NodeDeleted ${path}/a`])
  await zk.request({ kind: 'removeWatches', path, type: 3 })
  t.is(await refusal(zk.request({ kind: 'removeWatches', path, type: 3 })), 'NO_WATCHER')
  told()

  const relativeZxid = zk.session.lastZxid
  await zk.request({ kind: 'setData', path, data: undefined, version: -1 })
  const lists = { relativeZxid, dataWatches: [path], existWatches: [], childWatches: [path] }
  await zk.request({ kind: 'setWatches', ...lists })
  t.deepEqual(told(), [`NodeDataChanged ${path}`])
  const persistent = { persistentWatches: [path], persistentRecursiveWatches: [] }
  await zk.request({ kind: 'setWatches2', ...lists, ...persistent })
  t.deepEqual(told(), [`NodeDataChanged ${path}`])
})

run('requests are answered in their order, however many are on their way', async (t) => {
  const zk = await client(t)
  const path = await folder(zk)
  const order: number[] = []
  await Promise.all(
    Array.from({ length: 2000 }, async (_, index) => {
      if (index % 3 === 0) await zk.request({ kind: 'getData', path, watch: false })
      else await zk.request({ kind: 'setData', path, data: Buffer.alloc(index), version: -1 })
      order.push(index)
    }),
  )
  t.deepEqual(
    order,
    Array.from({ length: 2000 }, (_, index) => index),
  )
})

run(
  'a session goes on over a new connection, and its ephemerals with it, until it is closed',
  async (t) => {
    const first = await client(t)
    const path = await folder(first)
    await first.request({ kind: 'create', path: `${path}/e`, data: undefined, acl: OPEN, flags: 1 })
    const pending = first.request({ kind: 'getData', path, watch: false })
    first.drop()
    t.is(await refusal(pending), 'CONNECTION_LOSS')
    t.is(await refusal(first.request({ kind: 'whoAmI' })), 'CONNECTION_LOSS')

    const second = await reconnect(first)
    t.is(second.session.id, first.session.id)
    t.true(second.session.lastZxid >= first.session.lastZxid)
    const { stat } = (await second.request({ kind: 'exists', path: `${path}/e`, watch: false }))
      .body
    t.is(stat.ephemeralOwner, first.session.id)
    await second.close()
    t.is(await refusal(reconnect(second)), 'SESSION_EXPIRED')
    const observer = await client(t)
    const gone = observer.request({ kind: 'exists', path: `${path}/e`, watch: false })
    t.is(await refusal(gone), 'NO_NODE')
  },
)

run(
  'a wrong password is an expired session, a client ahead of the server is sent away',
  async (t) => {
    const zk = await client(t)
    const place = { host: '127.0.0.1', port: server!.port, timeoutMs: 5000 }
    const password = new Uint8Array(16)
    t.is(
      await refusal(connect({ ...place, session: { ...zk.session, password } })),
      'SESSION_EXPIRED',
    )
    const lastZxid = 2n ** 62n
    t.is(
      await refusal(connect({ ...place, session: { ...zk.session, lastZxid } })),
      'CONNECTION_LOSS',
    )
  },
)

run('pings keep a session, and the connection of a client that does nothing', async (t) => {
  const zk = await client(t, { timeoutMs: 1000 })
  t.is(zk.session.timeoutMs, 1000)
  await new Promise((resolve) => setTimeout(resolve, 2500))
  t.true(zk.isConnected)
  t.is((await zk.request({ kind: 'sync', path: '/' })).err, 0)
})
