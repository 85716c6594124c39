/** A thread that stood still: what arrived meanwhile is heard before anybody is taken for dead. */
import { setImmediate } from 'node:timers/promises'
import { MessageChannel } from 'node:worker_threads'
import test from 'ava'
import { Random } from '../../lib/base/random.js'
import { Host } from '../../lib/host/host.js'
import { PROTOCOL_VERSION } from '../../lib/protocol/member.js'
import type { Member } from '../../lib/protocol/member.js'
import type { Message } from '../../lib/replica/message.js'
import { DEFAULT_BOUNDS } from '../../lib/replica/options.js'
import { MemoryDisk, MemoryStorage } from '../../lib/storage/memory-storage.js'
import type { Link, Transport, TransportEvents } from '../../lib/transport/transport.js'
import { decodeMessages, encodeMessages } from '../../lib/wire/message.js'
import { DEFAULT_TIMING } from '../../lib/zab/options.js'

const SILENCE_MS = 300
const VOTERS = [1, 2, 3]
const MEMBER: Member = {
  protocol: PROTOCOL_VERSION,
  clusterId: '',
  replicaId: 1,
  voterIds: VOTERS,
  databaseId: 'a'.repeat(32),
  incarnation: 1,
  incarnationKey: 1,
  role: 'voter',
  empty: true,
  process: undefined,
}

/**
 * One peer, the leader, by hand. Its frames come through a port of the event loop, as those of a socket do: when a
 * thread wakes up, due timers are looked at before it.
 */
class Leader implements Transport {
  readonly refusals = 0
  readonly received: Message[] = []
  /** Why the host has closed the link. */
  closed: string | undefined
  readonly #wire = new MessageChannel()
  readonly #link: Link = {
    number: 1,
    queuedBytes: 0,
    peer: MEMBER,
    send: (frame) => void this.received.push(...decodeMessages(frame)),
    close: (reason) => void (this.closed ??= reason),
  }

  start(events: TransportEvents): Promise<void> {
    this.#wire.port2.on('message', (frame: Uint8Array) => events.frame(this.#link, frame))
    events.up(this.#link)
    return Promise.resolve()
  }

  close(): Promise<void> {
    this.#wire.port2.close()
    return Promise.resolve()
  }

  /** To the host. */
  say(message: Message): void {
    this.#wire.port1.postMessage(Uint8Array.from(encodeMessages([message])))
  }
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms)
  })
}

/** The thread does nothing at all, as during a slow fsync. */
function standStill(ms: number): void {
  const end = performance.now() + ms
  while (performance.now() < end);
}

test('after a pause the inbox is read before the timers: a leader that spoke meanwhile is not silent', async (t) => {
  const leader = new Leader()
  const storage = new MemoryStorage(new MemoryDisk(), { replicaId: 2, voterIds: VOTERS }, () => 7)
  const timing = { ...DEFAULT_TIMING, tickMs: 50, silenceMs: SILENCE_MS, initMs: 60_000 }
  const host = new Host({
    replica: { id: 2, voterIds: VOTERS, process: undefined, timing, bounds: DEFAULT_BOUNDS },
    random: new Random(1),
    storage: () => storage,
    releaseSlot: () => undefined,
    opened: { storage, recovered: storage.open() },
    transport: () => leader,
    toView: () => undefined,
    failed: (code, reason) => t.fail(`${code} ${reason}`),
  })
  t.teardown(() => host.close())
  await host.start()
  leader.say({
    kind: 'notification',
    state: 'leading',
    round: 1,
    vote: { leader: 1, epoch: 1, zxid: 0 },
    voter: true,
    empty: false,
    established: true,
  })
  while (!leader.received.some(({ kind }) => kind === 'followerInfo')) await sleep(5)

  for (let pause = 0; pause < 2; pause++) {
    leader.say({ kind: 'ping', epoch: 1, number: pause })
    standStill(2 * SILENCE_MS)
    for (let turns = 0; turns < 5; turns++) await setImmediate()
    t.is(leader.closed, undefined, `pause ${pause}`)
  }
  while (leader.closed === undefined) await sleep(5)
  t.is(leader.closed, 'the leader is silent', 'once it says nothing any more')
})
