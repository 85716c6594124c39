/** The npm client node-zookeeper-client, unmodified, at our gateway; and at ZooKeeper, which proves the tests. */
import test from 'ava'
import type { ExecutionContext } from 'ava'
import type { Client } from 'node-zookeeper-client'
import { digestAcl, MODE, NodeClient } from './node-client.js'
import { Proxy } from './proxy.js'
import { targets } from './targets.js'

const ALICE = digestAcl('alice:AIueg8ag5ALfqeEyKdLnva1Wvi0=')
const OWNER_ONLY = digestAcl('bob:LcrmCNs/wfVD+i5a5yaz89GyjIM=')

type Body = (t: ExecutionContext, port: number) => Promise<void>

const TARGETS = targets(test)

/** One test per server. */
function each(title: string, body: Body): void {
  for (const target of TARGETS) {
    const run = target.missing === undefined ? test.serial : test.serial.skip
    const reason = target.missing === undefined ? '' : `: skipped, ${target.missing}`
    run(`node-zookeeper-client at ${target.name}: ${title}${reason}`, async (t) => {
      await body(t, (await target.server()).port)
    })
  }
}

async function connect(t: ExecutionContext, port: number, timeoutMs?: number): Promise<NodeClient> {
  const client = await NodeClient.connect(`127.0.0.1:${port}`, timeoutMs)
  t.teardown(() => client.close())
  return client
}

/** A path of the test's own. */
async function ownPath(client: NodeClient, name: string): Promise<string> {
  const path = `/${name}`
  await client.create(path)
  return path
}

async function codeOf(promise: Promise<unknown>): Promise<number> {
  try {
    await promise
    return 0
  } catch (error) {
    return error instanceof Error && 'code' in error ? Number(error.code) : NaN
  }
}

each('it creates, reads, changes and deletes znodes', async (t, port) => {
  const client = await connect(t, port)
  const path = await ownPath(client, 'basics')
  t.is(await client.create(`${path}/a`, 'one'), `${path}/a`)
  t.is(await client.data(`${path}/a`), 'one')
  const stat = await client.setData(`${path}/a`, 'two', 0)
  t.is(stat.version, 1)
  t.is(stat.dataLength, 3)
  t.is(await client.data(`${path}/a`), 'two')
  t.is((await client.exists(path))?.numChildren, 1)
  t.deepEqual(await client.children(path), ['a'])
  await client.remove(`${path}/a`, 1)
  t.is(await client.exists(`${path}/a`), null)
  t.deepEqual(await client.children(path), [])
})

each('refusals have their codes', async (t, port) => {
  const client = await connect(t, port)
  const path = await ownPath(client, 'refusals')
  await client.create(`${path}/a`)
  t.is(await codeOf(client.create(path)), -110)
  t.is(await codeOf(client.create(`${path}/x/y`)), -101)
  t.is(await codeOf(client.data(`${path}/x`)), -101)
  t.is(await codeOf(client.children(`${path}/x`)), -101)
  t.is(await codeOf(client.remove(path)), -111)
  t.is(await codeOf(client.remove(`${path}/a`, 7)), -103)
  t.is(await codeOf(client.setData(`${path}/a`, 'x', 7)), -103)
  await client.create(`${path}/e`, '', MODE.EPHEMERAL)
  t.is(await codeOf(client.create(`${path}/e/child`)), -108)
})

each('sequential znodes count up under their parent', async (t, port) => {
  const client = await connect(t, port)
  const path = await ownPath(client, 'sequential')
  const names = [
    await client.create(`${path}/a-`, '', MODE.PERSISTENT_SEQUENTIAL),
    await client.create(`${path}/b-`, '', MODE.EPHEMERAL_SEQUENTIAL),
    await client.create(`${path}/a-`, '', MODE.PERSISTENT_SEQUENTIAL),
  ]
  t.deepEqual(names, [`${path}/a-0000000000`, `${path}/b-0000000001`, `${path}/a-0000000002`])
})

each('requests sent together are answered in their order', async (t, port) => {
  const client = await connect(t, port)
  const path = await ownPath(client, 'together')
  const creates = Array.from({ length: 100 }, () =>
    client.create(`${path}/n-`, '', MODE.PERSISTENT_SEQUENTIAL),
  )
  const paths = await Promise.all(creates)
  t.deepEqual(paths, paths.toSorted())
  t.is((await client.children(path)).length, 100)
})

each('ephemerals belong to their session and go with it', async (t, port) => {
  const client = await connect(t, port)
  const path = await ownPath(client, 'ephemerals')
  const owner = await NodeClient.connect(`127.0.0.1:${port}`)
  await owner.create(`${path}/e`, '', MODE.EPHEMERAL)
  const stat = await client.exists(`${path}/e`, true)
  t.is(stat?.ephemeralOwner.toString('hex'), owner.session)
  owner.close()
  await client.event(`NODE_DELETED ${path}/e`)
  t.is(await client.exists(`${path}/e`), null)
})

each('watches fire once, for what they watch', async (t, port) => {
  const client = await connect(t, port)
  const other = await connect(t, port)
  const path = await ownPath(client, 'watches')
  await client.create(`${path}/a`)
  await client.data(`${path}/a`, true)
  await client.children(path, true)
  await client.exists(`${path}/b`, true)
  await other.setData(`${path}/a`, 'x')
  await other.setData(`${path}/a`, 'y')
  await other.create(`${path}/b`)
  await other.create(`${path}/c`)
  await client.event(`NODE_CREATED ${path}/b`)
  t.is(await client.data(`${path}/a`), 'y')
  t.deepEqual(client.events, [
    `NODE_DATA_CHANGED ${path}/a`,
    `NODE_CREATED ${path}/b`,
    `NODE_CHILDREN_CHANGED ${path}`,
  ])
})

each('a transaction takes effect as a whole or not at all', async (t, port) => {
  const client = await connect(t, port)
  const path = await ownPath(client, 'transaction')
  const good = client.client
    .transaction()
    .create(`${path}/a`, Buffer.from('x'))
    .setData(`${path}/a`, Buffer.from('y'))
    .check(`${path}/a`, 1)
    .create(`${path}/b`)
    .remove(`${path}/b`)
  t.is(await commit(good), 0)
  t.is(await client.data(`${path}/a`), 'y')
  t.deepEqual(await client.children(path), ['a'])
  const bad = client.client
    .transaction()
    .create(`${path}/c`)
    .check(`${path}/a`, 5)
    .remove(`${path}/a`)
  t.is(await commit(bad), -103)
  t.deepEqual(await client.children(path), ['a'])
})

each('an ACL keeps out whoever has not its password', async (t, port) => {
  const client = await connect(t, port)
  const other = await connect(t, port)
  const path = await ownPath(client, 'acl')
  await client.create(`${path}/secret`, 'x', MODE.PERSISTENT, ALICE)
  t.is(await codeOf(client.data(`${path}/secret`)), -102)
  t.is(await codeOf(client.setAcl(`${path}/secret`, OWNER_ONLY)), -102)
  client.client.addAuthInfo('digest', Buffer.from('alice:a'))
  t.is(await client.data(`${path}/secret`), 'x')
  t.is(await codeOf(other.setData(`${path}/secret`, 'y')), -102)
  t.is((await client.acl(`${path}/secret`))[0]?.id.id, 'alice:AIueg8ag5ALfqeEyKdLnva1Wvi0=')
  t.is((await client.setAcl(`${path}/secret`, OWNER_ONLY, 0)).aversion, 1)
  t.is(await codeOf(client.data(`${path}/secret`)), -102)
  other.client.addAuthInfo('digest', Buffer.from('bob:b'))
  t.is(await other.data(`${path}/secret`), 'x')
})

each('a client that was cut off comes back to its session', async (t, port) => {
  const proxy = await Proxy.start(port)
  t.teardown(() => proxy.stop())
  const client = await connect(t, proxy.port)
  const other = await connect(t, port)
  const path = await ownPath(client, 'cut-off')
  await client.create(`${path}/e`, '', MODE.EPHEMERAL)
  await client.data(path, true)
  const { session } = client
  proxy.cut()
  await client.state('DISCONNECTED')
  await other.setData(path, 'while away')
  proxy.open()
  await client.state('SYNC_CONNECTED')
  t.is(client.session, session)
  await client.event(`NODE_DATA_CHANGED ${path}`)
  t.is((await other.exists(`${path}/e`))?.ephemeralOwner.toString('hex'), session)
})

each('a session that was away too long is gone, and is told so', async (t, port) => {
  const proxy = await Proxy.start(port)
  t.teardown(() => proxy.stop())
  const client = await connect(t, proxy.port, 1000)
  const other = await connect(t, port)
  const path = await ownPath(client, 'expiry')
  await client.create(`${path}/e`, '', MODE.EPHEMERAL)
  await other.exists(`${path}/e`, true)
  const start = performance.now()
  proxy.cut()
  await other.event(`NODE_DELETED ${path}/e`)
  const gone = performance.now() - start
  t.true(gone > 500 && gone < 5000, `gone after ${gone} ms`)
  proxy.open()
  await client.until('it is told', () => client.states.includes('EXPIRED'))
  t.pass()
})

each('helpers over many requests work: mkdirp, listSubTreeBFS', async (t, port) => {
  const client = await connect(t, port)
  const { client: raw } = client
  t.is(await called((done) => raw.mkdirp('/helpers/a/b', done)), 0)
  t.is(await called((done) => raw.mkdirp('/helpers/a/c', done)), 0)
  t.deepEqual(await client.children('/helpers/a'), ['b', 'c'])
  t.is(await called((done) => raw.listSubTreeBFS('/helpers', done)), 0)
})

each('a chroot in the connection string is the client’s root', async (t, port) => {
  const outside = await connect(t, port)
  await ownPath(outside, 'chroot')
  const client = await NodeClient.connect(`127.0.0.1:${port}/chroot`)
  t.teardown(() => client.close())
  await client.create('/a', 'x')
  await client.data('/a', true)
  await outside.setData('/chroot/a', 'y')
  await client.event('NODE_DATA_CHANGED /a')
  t.is(await outside.data('/chroot/a'), 'y')
})

function commit(transaction: ReturnType<Client['transaction']>): Promise<number> {
  return called((done) => transaction.commit(done))
}

/** 0, or the code of the error. */
function called(
  start: (done: (error: { readonly code: number } | null | undefined) => void) => void,
): Promise<number> {
  return new Promise((resolve) => {
    start((error) => resolve(error?.code ?? 0))
  })
}
