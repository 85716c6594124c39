/** A database that takes a new name: no link lives on whose other end knows it by the former one. */
import { join } from 'node:path'
import test from 'ava'
import type { ExecutionContext } from 'ava'
import { Random } from '../../lib/base/random.js'
import { Host } from '../../lib/host/host.js'
import type { Member } from '../../lib/protocol/member.js'
import { DEFAULT_BOUNDS } from '../../lib/replica/options.js'
import type { Message } from '../../lib/replica/message.js'
import { MemoryDisk, MemoryStorage } from '../../lib/storage/memory-storage.js'
import { encodeWelcome } from '../../lib/transport/handshake.js'
import { SocketTransport } from '../../lib/transport/socket-transport.js'
import type { Link, Transport, TransportEvents } from '../../lib/transport/transport.js'
import { encodeFrames } from '../../lib/wire/message.js'
import { DEFAULT_TIMING } from '../../lib/zab/options.js'
import { FakePeer } from './fake-peer.js'
import { Recorder, memberOf, temporaryDirectory } from './support.js'

test('a link whose handshake told a former name of the database never comes up, and is dialled anew with the new one', async (t) => {
  const directory = temporaryDirectory()
  const path = (id: number): string => join(directory.path, `${id}.sock`)
  let databaseId = 'former'
  const peer = FakePeer.create({ path: path(2), targetPath: path(1) })
  const host = new Recorder()
  const transport = new SocketTransport({
    identity: () => memberOf(1, { databaseId }),
    accept: () => undefined,
    listen: `unix:${path(1)}`,
    peers: new Map([[2, `unix:${path(2)}`]]),
    handshakeTimeoutMs: 60_000,
  })
  t.teardown(async () => {
    await transport.close()
    await peer.close()
    directory.remove()
  })
  await transport.start(host)

  // Everything is said but the peer's last word, and with that the link would be up.
  const own = peer.open()
  const hello = peer.hello()
  own.write(hello)
  const theirs = await peer.accept()
  const told = await theirs.message('hello')
  own.write(peer.answerTo(told, hello))
  await theirs.message('welcome')
  t.is(told.member.databaseId, 'former')
  databaseId = 'new'
  own.write(encodeWelcome())

  await host.until(() => host.of('up').length > 0 || (own.isEnded && theirs.isEnded))
  t.deepEqual(host.of('up'), [])
  const next = await peer.pair()
  t.is((await next.theirs.message('hello')).member.databaseId, 'new')
  await host.linkTo(2)
  t.is(host.of('up').length, 1)
  t.deepEqual(host.refusals, [], 'the peer has done nothing wrong')
  t.deepEqual(host.violations, [])
})

/** A link to nobody. */
class Thread implements Link {
  readonly number: number
  readonly peer: Member
  readonly queuedBytes = 0
  readonly closings: string[] = []

  constructor(number: number, replicaId: number) {
    this.number = number
    this.peer = memberOf(replicaId, { clusterId: '', empty: true })
  }

  send(): void {
    // Nobody reads.
  }

  close(reason: string): void {
    this.closings.push(reason)
  }
}

/** Links come up, and speak, when the test says so. */
class Strings implements Transport {
  readonly refusals = 0
  readonly identity: () => Member
  #events: TransportEvents | undefined

  constructor(identity: () => Member) {
    this.identity = identity
  }

  async start(events: TransportEvents): Promise<void> {
    this.#events = events
  }

  async close(): Promise<void> {
    this.#events = undefined
  }

  up(link: Link): void {
    this.#events?.up(link)
  }

  message(link: Link, message: Message): void {
    for (const frame of encodeFrames([message])) this.#events?.frame(link, frame)
  }
}

async function hostWithStrings(t: ExecutionContext): Promise<Strings> {
  const random = new Random(1)
  const voterIds = [1, 2, 3]
  const identity = { replicaId: 1, voterIds }
  const storage = new MemoryStorage(new MemoryDisk(), identity, () => random.uint32())
  let strings: Strings | undefined
  const host = new Host({
    replica: {
      id: 1,
      voterIds,
      process: undefined,
      timing: DEFAULT_TIMING,
      bounds: DEFAULT_BOUNDS,
    },
    random,
    storage: () => storage,
    releaseSlot: () => undefined,
    opened: { storage, recovered: storage.open() },
    transport: (context) => (strings = new Strings(context.identity)),
    toView: () => undefined,
    failed: (code, reason) => t.fail(`${code} ${reason}`),
  })
  t.teardown(() => host.close())
  await host.start()
  if (strings === undefined) throw new Error('a host makes its transport')
  return strings
}

test('a host whose database takes a new name closes every link, also one that its replica has not heard of yet', async (t) => {
  const strings = await hostWithStrings(t)
  const former = strings.identity()
  const known = new Thread(1, 2)
  const unheard = new Thread(2, 3)
  strings.up(known)
  await untilItHasStepped()

  // In one turn: 2 knows a later start of this database than this one, and then the link to 3 comes up.
  const { databaseId, incarnation } = former
  const newest = { databaseId, incarnation: incarnation + 1, incarnationKey: 0 }
  strings.message(known, { kind: 'oldCopy', newest })
  strings.up(unheard)
  t.deepEqual(unheard.closings, [])
  await untilItHasStepped()

  t.not(strings.identity().databaseId, databaseId)
  t.true(known.closings.length > 0)
  t.deepEqual(unheard.closings, ['the database has another name'])
  const later = new Thread(3, 2)
  strings.up(later)
  await untilItHasStepped()
  t.deepEqual(later.closings, [], 'a handshake after that tells the new name')
})

/** Whatever had come before is handled then. */
async function untilItHasStepped(): Promise<void> {
  for (let turns = 0; turns < 3; turns += 1) await new Promise(setImmediate)
}
