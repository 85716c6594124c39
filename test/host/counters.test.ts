/** What the host itself counts and times, behind a transport that a test holds in its hands. */
import test from 'ava'
import type { ExecutionContext } from 'ava'
import { Random } from '../../lib/base/random.js'
import { Host } from '../../lib/host/host.js'
import type { Member } from '../../lib/protocol/member.js'
import { DEFAULT_BOUNDS } from '../../lib/replica/options.js'
import type { FsyncTrace, ViewInput } from '../../lib/replica/view-message.js'
import { MemoryDisk, MemoryStorage } from '../../lib/storage/memory-storage.js'
import type { Link, Transport, TransportEvents } from '../../lib/transport/transport.js'
import { DEFAULT_TIMING } from '../../lib/zab/options.js'

const VIEW = 0
const TIMING = { ...DEFAULT_TIMING, tickMs: 10 }

/** Links come and go, and frames come in, when the test says so. */
class HeldTransport implements Transport {
  refusals = 0
  events: TransportEvents | undefined
  /** Frames that were sent, and reasons for which links were closed. */
  readonly sent: Uint8Array[] = []
  readonly closed: string[] = []

  start(events: TransportEvents): Promise<void> {
    this.events = events
    return Promise.resolve()
  }

  close(): Promise<void> {
    return Promise.resolve()
  }

  up(peer: Member, number: number): Link {
    const link: Link = {
      number,
      peer,
      queuedBytes: 0,
      send: (frame) => void this.sent.push(frame),
      close: (reason) => void this.closed.push(reason),
    }
    this.events?.up(link)
    return link
  }
}

class Scene {
  readonly transport = new HeldTransport()
  readonly host: Host
  readonly inputs: ViewInput[] = []
  identity: (() => Member) | undefined

  constructor(voterIds: readonly number[]) {
    const random = new Random(1)
    const identity = { replicaId: 1, voterIds }
    const storage = new MemoryStorage(new MemoryDisk(), identity, () => random.uint32())
    this.host = new Host({
      replica: { id: 1, voterIds, process: undefined, timing: TIMING, bounds: DEFAULT_BOUNDS },
      random,
      storage: () => storage,
      releaseSlot: () => undefined,
      opened: { storage, recovered: storage.open() },
      transport: ({ identity: own }) => {
        this.identity = own
        return this.transport
      },
      toView: (_, inputs) => void this.inputs.push(...inputs),
      failed: () => undefined,
    })
  }

  static async begin(t: ExecutionContext, voterIds: readonly number[]): Promise<Scene> {
    const scene = new Scene(voterIds)
    t.teardown(() => scene.host.close())
    await scene.host.start()
    scene.host.attachView(VIEW)
    await scene.until(() => scene.inputs.length > 0)
    return scene
  }

  /** As the View last heard it. */
  get counters(): Readonly<Record<string, number>> {
    const told = this.inputs.findLast((input) => input.kind === 'status')
    return told?.kind === 'status' ? told.status.counters : {}
  }

  get traces(): FsyncTrace[] {
    return this.inputs.flatMap((input) =>
      input.kind === 'trace' ? input.traces.filter((trace) => trace.kind === 'fsync') : [],
    )
  }

  async until(isTrue: () => boolean): Promise<void> {
    while (!isTrue()) {
      await new Promise((resolve) => {
        setTimeout(resolve, 2)
      })
    }
  }

  /** One request more that has to go to the disk. */
  async write(number: number): Promise<void> {
    const origin = { replica: 1, incarnationKey: 1, view: VIEW, number }
    const request = { kind: 'createSession', origin, timeoutMs: 10_000 } as const
    const txns = (): number => this.inputs.filter(({ kind }) => kind === 'txns').length
    const before = txns()
    this.host.onView(VIEW, [{ kind: 'requests', requests: [request] }])
    await this.until(() => txns() > before)
  }
}

test('transactions are reported from the moment they are asked for until they are not', async (t) => {
  const scene = await Scene.begin(t, [1])
  await scene.until(() => scene.counters['establishments'] === 1)
  await scene.write(1)
  t.deepEqual(scene.traces, [])
  const start = Date.now()
  scene.host.onView(VIEW, [{ kind: 'trace', on: ['fsync', 'election'] }])
  await scene.write(2)
  const [trace, ...others] = scene.traces
  t.deepEqual(others, [])
  t.is(trace?.writes, 1)
  t.true((trace?.bytes ?? 0) > 0)
  t.true((trace?.durationMs ?? -1) >= 0)
  t.true((trace?.start ?? 0) >= start)
  const index = scene.inputs.findIndex(({ kind }) => kind === 'trace')
  t.true(
    index < scene.inputs.findLastIndex(({ kind }) => kind === 'txns'),
    'the write is told of before what it made durable',
  )
  scene.host.onView(VIEW, [{ kind: 'trace', on: ['election'] }])
  await scene.write(3)
  t.is(scene.traces.length, 1)
})

test('every transaction is counted, whether anybody listens or not', async (t) => {
  const scene = await Scene.begin(t, [1])
  await scene.write(1)
  await scene.until(() => (scene.counters['commits'] ?? 0) > 0)
  const { fsyncs = 0, fsyncMs = -1, fsyncMsMax = -1 } = scene.counters
  t.true(fsyncs >= 3, 'two epochs and a txn at the least')
  t.true(fsyncMs >= fsyncMsMax)
  t.true(fsyncMsMax >= 0)
  await scene.write(2)
  await scene.until(() => (scene.counters['fsyncs'] ?? 0) > fsyncs)
  t.pass()
})

test('links, frames and their bytes are counted, and what is no message by its reason', async (t) => {
  const scene = await Scene.begin(t, [1, 2])
  const own = scene.identity?.()
  if (own === undefined) return t.fail('the host has an identity')
  const peer: Member = { ...own, replicaId: 2, databaseId: 'b', incarnationKey: 2 }
  const link = scene.transport.up(peer, 1)
  await scene.until(() => scene.counters['linksUp'] === 1)
  await scene.until(() => scene.transport.sent.length > 0)
  scene.transport.events?.frame(link, new Uint8Array([193, 193, 193]))
  scene.transport.events?.refused('BAD_PROOF', 'another secret')
  scene.transport.events?.refused('BAD_PROOF', 'another secret')
  t.deepEqual(scene.transport.closed, ['what it sent is no message'])
  scene.transport.events?.down(link, 'closed')
  await scene.until(() => scene.counters['linksDown'] === 1)
  const { counters } = scene
  t.is(counters['linksUp'], 1)
  t.is(counters['framesIn'], 1)
  t.is(counters['bytesIn'], 3)
  t.is(counters['refused.BAD_MESSAGE'], 1)
  t.is(counters['refused.BAD_PROOF'], 2)
  t.is(counters['refused.NOT_ACCEPTED'], 0)
  t.is(counters['framesOut'], scene.transport.sent.length)
  t.is(
    counters['bytesOut'],
    scene.transport.sent.reduce((sum, frame) => sum + frame.length, 0),
  )
})
