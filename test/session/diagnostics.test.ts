/** `vivarium:request` and its sisters: each request is told in full, and nothing is when nobody subscribes. */
import { AsyncLocalStorage } from 'node:async_hooks'
import diagnostics from 'node:diagnostics_channel'
import test from 'ava'
import type { ExecutionContext } from 'ava'
import type { RequestContext } from '../../lib/session/diagnostics.js'
import type { Trace } from '../../lib/replica/view-message.js'
import type { ZooKeeperError } from '../../lib/index.js'
import { openScene, scene, turn } from './fake-replica.js'

const EVENTS = ['start', 'end', 'asyncStart', 'asyncEnd', 'error'] as const

interface Told {
  readonly event: string
  readonly context: RequestContext
}

/** Everything told of requests until the test ends. */
function listen(t: ExecutionContext): Told[] {
  const told: Told[] = []
  const channels = diagnostics.tracingChannel('vivarium:request')
  for (const event of EVENTS) {
    const listener = (context: unknown): void =>
      void told.push({ event, context: context as RequestContext })
    channels[event].subscribe(listener)
    t.teardown(() => channels[event].unsubscribe(listener))
  }
  return told
}

function eventsOf(told: readonly Told[]): string[] {
  return told.map(({ event }) => event)
}

test.serial(
  'a write is told from the call to its settling, with the zxid that decided it',
  async (t) => {
    const { session, replica } = await openScene()
    const told = listen(t)
    replica.holdsRequests = true
    const creating = session.create('/a', 'x')
    t.deepEqual(eventsOf(told), ['start', 'end'])
    await turn()
    replica.commit()
    replica.deliver()
    t.deepEqual(eventsOf(told), ['start', 'end', 'asyncStart', 'asyncEnd'], 'inside the apply loop')
    t.is(await creating, '/a')
    t.is(new Set(told.map(({ context }) => context)).size, 1, 'one object all along')
    t.deepEqual(told[0]?.context, {
      operation: 'create',
      path: '/a',
      session: session.id,
      zxid: replica.tree.lastZxid,
      result: '/a',
    })
  },
)

test.serial('a write that fails is told with its error and the zxid that refused it', async (t) => {
  const { session, replica } = await openScene()
  const told = listen(t)
  const error = await t.throwsAsync(session.setData('/none', 'x'))
  t.deepEqual(eventsOf(told), ['start', 'end', 'error', 'asyncStart', 'asyncEnd'])
  const [first] = told
  t.is(first?.context.error, error)
  t.is(first?.context.operation, 'setData')
  t.is(first?.context.zxid, replica.tree.lastZxid)
  t.false(first !== undefined && 'result' in first.context)
})

test.serial('an asynchronous read is told like a write, in the same order of events', async (t) => {
  const { session, replica } = await openScene()
  await session.create('/a', 'x')
  const told = listen(t)
  const result = await session.getData('/a')
  t.deepEqual(eventsOf(told), ['start', 'end', 'asyncStart', 'asyncEnd'])
  t.deepEqual(
    { ...told[0]?.context, result: undefined },
    {
      operation: 'getData',
      path: '/a',
      session: session.id,
      zxid: replica.tree.lastZxid,
      result: undefined,
    },
  )
  t.is(told[0]?.context.result, result)
  await session.exists('/none')
  await t.throwsAsync(session.getChildren('/none'))
  t.deepEqual(
    told.slice(4).map(({ event, context }) => `${event} ${context.operation}`),
    [
      ...['start', 'end', 'asyncStart', 'asyncEnd'].map((event) => `${event} exists`),
      ...['start', 'end', 'error', 'asyncStart', 'asyncEnd'].map((event) => `${event} getChildren`),
    ],
  )
})

test.serial(
  'a read that waits for a write is told of when it is answered, after that write',
  async (t) => {
    const { session, replica } = await openScene()
    const told = listen(t)
    replica.holdsRequests = true
    const writing = session.create('/a')
    const reading = session.exists('/a')
    await turn()
    t.deepEqual(eventsOf(told), ['start', 'end', 'start', 'end'])
    replica.commit()
    replica.deliver()
    await Promise.all([writing, reading])
    t.deepEqual(
      told.slice(4).map(({ event, context }) => `${event} ${context.operation}`),
      ['asyncStart create', 'asyncEnd create', 'asyncStart exists', 'asyncEnd exists'],
    )
    t.is(told.at(-1)?.context.zxid, replica.tree.lastZxid)
  },
)

test.serial('what is refused at once, or withdrawn, is told with its reason', async (t) => {
  const { session, replica } = await openScene()
  const told = listen(t)
  await t.throwsAsync(session.create('/a', '', { signal: AbortSignal.abort(new Error('no')) }))
  t.deepEqual(eventsOf(told), ['start', 'end', 'error', 'asyncStart', 'asyncEnd'])
  t.deepEqual(told[0]?.context.error, new Error('no'))
  t.false(told[0] !== undefined && 'zxid' in told[0].context, 'no txn decided that')

  replica.look()
  told.length = 0
  const lost = await t.throwsAsync(session.getData('/a'))
  t.is((lost as ZooKeeperError).code, 'CONNECTION_LOSS')
  t.deepEqual(eventsOf(told), ['start', 'end', 'error', 'asyncStart', 'asyncEnd'])

  told.length = 0
  const writing = session.create('/b')
  replica.give({ kind: 'failed', reason: 'broken', code: 'STORAGE' })
  const unknown = await t.throwsAsync(writing)
  t.deepEqual(eventsOf(told), ['start', 'end', 'error', 'asyncStart', 'asyncEnd'])
  t.is((unknown as ZooKeeperError).code, 'OUTCOME_UNKNOWN')
  t.is(told[0]?.context.error, unknown)
})

test.serial('wrong arguments are no request, and neither is a Sync read', async (t) => {
  const { session } = await openScene()
  const told = listen(t)
  await t.throwsAsync(session.create('no slash'))
  session.existsSync('/')
  session.getDataSync('/')
  session.getChildrenSync('/')
  t.deepEqual(told, [])
})

test.serial(
  'a request that ends for the session’s sake stays no unhandled rejection while it is traced',
  async (t) => {
    const unhandled: unknown[] = []
    const listener = (reason: unknown): void => void unhandled.push(reason)
    process.on('unhandledRejection', listener)
    t.teardown(() => process.off('unhandledRejection', listener))
    const { session, replica, view } = await openScene()
    listen(t)
    replica.holdsRequests = true
    void session.create('/a')
    await turn()
    view.close()
    await turn()
    t.deepEqual(unhandled, [])
  },
)

test.serial('stores that are bound to the start of a request are there in the call', async (t) => {
  const { session } = await openScene()
  const store = new AsyncLocalStorage<string>()
  const channels = diagnostics.tracingChannel('vivarium:request')
  channels.start.bindStore(
    store as never,
    (context: unknown) => (context as RequestContext).operation,
  )
  t.teardown(() => channels.start.unbindStore(store as never))
  const seen: (string | undefined)[] = []
  const listener = (): void => void seen.push(store.getStore())
  channels.end.subscribe(listener)
  t.teardown(() => channels.end.unsubscribe(listener))
  await session.create('/a')
  t.deepEqual(seen, ['create'])
  t.is(store.getStore(), undefined)
})

test.serial('a subscriber that throws harms nobody', async (t) => {
  const thrown: unknown[] = []
  const onThrown = (error: unknown): void => void thrown.push(error)
  const { session } = await openScene()
  const channel = diagnostics.channel('tracing:vivarium:request:asyncStart')
  const listener = (): void => {
    throw new Error('mine')
  }
  const others = process.listeners('uncaughtException')
  process.removeAllListeners('uncaughtException')
  process.on('uncaughtException', onThrown)
  t.teardown(() => {
    process.off('uncaughtException', onThrown)
    for (const other of others) process.on('uncaughtException', other)
  })
  channel.subscribe(listener)
  t.teardown(() => channel.unsubscribe(listener))
  t.is(await session.create('/a'), '/a')
  t.is(await session.create('/b'), '/b')
  await turn()
  t.is(thrown.length, 2)
  t.is(session.state, 'connected')
})

test.serial(
  'a request that began before anybody subscribed is not told of, not even half',
  async (t) => {
    const { session, replica } = await openScene()
    replica.holdsRequests = true
    const creating = session.create('/a')
    await turn()
    const told = listen(t)
    replica.commit()
    replica.deliver()
    await creating
    t.deepEqual(told, [])
  },
)

const ELECTION: Trace = {
  kind: 'election',
  start: 1_700_000_000_000,
  durationMs: 12.5,
  epoch: 3,
  leader: 2,
  role: 'following',
}
const FSYNC: Trace = {
  kind: 'fsync',
  start: 1_700_000_000_500,
  durationMs: 0.25,
  writes: 2,
  bytes: 512,
}

test.serial(
  'a replica is asked for what somebody subscribes to, and for no more, when there is an occasion',
  async (t) => {
    const { replica, session } = await openScene()
    const asked = (): unknown[] =>
      replica.outputs.flatMap((output) => (output.kind === 'trace' ? [output.on] : []))
    t.deepEqual(asked(), [], 'nobody has subscribed: nothing was said')
    const listener = (): void => undefined
    diagnostics.subscribe('vivarium:fsync', listener)
    diagnostics.subscribe('vivarium:election', listener)
    await session.create('/a')
    t.deepEqual(asked(), [['election', 'fsync']])
    await session.create('/b')
    t.is(asked().length, 1, 'once')
    diagnostics.unsubscribe('vivarium:election', listener)
    replica.look()
    await turn()
    t.deepEqual(asked().at(-1), ['fsync'])
    diagnostics.unsubscribe('vivarium:fsync', listener)
    replica.lead()
    await turn()
    t.deepEqual(asked().at(-1), [])
    t.is(asked().length, 3)
  },
)

test.serial(
  'what a replica reports is published on the channel of its kind, with the replica’s id',
  (t) => {
    const { replica } = scene()
    const published: unknown[] = []
    for (const name of ['vivarium:election', 'vivarium:snapshot', 'vivarium:fsync']) {
      const listener = (message: unknown): void => void published.push([name, message])
      diagnostics.subscribe(name, listener)
      t.teardown(() => diagnostics.unsubscribe(name, listener))
    }
    replica.give({ kind: 'trace', traces: [ELECTION, FSYNC] })
    const { kind: _, ...election } = ELECTION
    const { kind: __, ...fsync } = FSYNC
    t.deepEqual(published, [
      ['vivarium:election', { replica: 1, ...election }],
      ['vivarium:fsync', { replica: 1, ...fsync }],
    ])
  },
)
