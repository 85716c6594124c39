/** A disk that fails, once or for good: its replica never writes, leads or answers again, and the others go on. */
import test from 'ava'
import type { ExecutionContext } from 'ava'
import { Random } from '../../lib/base/random.js'
import { systemClock } from '../../lib/host/clock.js'
import { Host } from '../../lib/host/host.js'
import { DEFAULT_BOUNDS } from '../../lib/replica/options.js'
import type { ViewInput } from '../../lib/replica/view-message.js'
import type { ReplicaHandle } from '../../lib/session/handle.js'
import type { Session } from '../../lib/session/session.js'
import { View } from '../../lib/session/view.js'
import { MemoryDisk, MemoryStorage } from '../../lib/storage/memory-storage.js'
import { StorageError } from '../../lib/storage/storage-error.js'
import type { Recovered, Storage, Write } from '../../lib/storage/storage.js'
import { LocalNetwork, LocalTransport } from '../../lib/transport/local-transport.js'
import { DEFAULT_TIMING } from '../../lib/zab/options.js'

/** Silence alone would be noticed too late for these tests. */
const TIMING = {
  ...DEFAULT_TIMING,
  tickMs: 20,
  silenceMs: 60_000,
  finalizeMs: 20,
  notificationMs: 20,
}
const PATIENCE_MS = 30_000
const VIEW = 0

/** Refuses one write, the one after `goodWrites`, and would take any that came after it. */
class FailingOnce implements Storage {
  readonly #storage: Storage
  goodWrites: number
  /** Writes that were asked for after the one that failed. */
  late = 0
  hasFailed = false

  constructor(storage: Storage, goodWrites: number) {
    this.#storage = storage
    this.goodWrites = goodWrites
  }

  get bytes(): number {
    return this.#storage.bytes
  }

  get failed(): StorageError | undefined {
    return this.#storage.failed
  }

  open(): Recovered {
    return this.#storage.open()
  }

  write(writes: readonly Write[]): void {
    if (this.hasFailed) this.late += 1
    else if (this.goodWrites === 0) {
      this.hasFailed = true
      throw new StorageError('STORAGE', 'EIO: an fsync failed')
    }
    this.goodWrites -= 1
    this.#storage.write(writes)
  }

  maintain(budgetMs: number): boolean {
    return this.#storage.maintain(budgetMs)
  }

  close(): void {
    this.#storage.close()
  }
}

/** One replica of an ensemble in memory, with its View. */
class Member {
  readonly id: number
  readonly disk = new MemoryDisk()
  readonly storage: FailingOnce
  readonly failures: string[] = []
  released = 0
  readonly view: View
  readonly #host: Host
  #give: (inputs: readonly ViewInput[]) => void = () => undefined

  constructor(id: number, size: number, network: LocalNetwork, goodWrites: number = Infinity) {
    this.id = id
    const voterIds = Array.from({ length: size }, (_, index) => index + 1)
    const random = new Random(id)
    const memory = new MemoryStorage(this.disk, { replicaId: id, voterIds }, () => random.uint32())
    this.storage = new FailingOnce(memory, goodWrites)
    this.#host = new Host({
      replica: { id, voterIds, process: undefined, timing: TIMING, bounds: DEFAULT_BOUNDS },
      random,
      storage: () => this.storage,
      releaseSlot: () => (this.released += 1),
      opened: { storage: this.storage, recovered: this.storage.open() },
      transport: (context) => new LocalTransport({ ...context, network }),
      toView: (_, inputs) => this.#give(inputs),
      failed: (code, reason) => this.failures.push(`${code} ${reason}`),
    })
    this.view = new View({
      clock: systemClock,
      port: {
        send: (outputs) => this.#host.onView(VIEW, outputs),
        receive: (handler) => (this.#give = handler),
        close: () => undefined,
      },
    })
  }

  async start(t: ExecutionContext): Promise<void> {
    t.teardown(() => this.#host.close())
    t.teardown(() => this.view.close())
    await this.#host.start()
    this.#host.attachView(VIEW)
  }

  open(): Promise<Session> {
    return this.view.openSession(undefined, { replica: {} as ReplicaHandle })
  }

  get role(): string {
    return this.view.status().role
  }

  /** Paths that its disk holds. */
  get paths(): string[] {
    return (this.disk.contents?.entries ?? []).flatMap(({ txn: { body } }) =>
      body.kind === 'create' ? [body.path] : [],
    )
  }
}

async function eventually(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) {
    await new Promise((resolve) => {
      setTimeout(resolve, 5)
    })
  }
}

for (let goodWrites = 0; goodWrites <= 8; goodWrites++) {
  test(`a replica alone whose disk fails after ${goodWrites} writes has answered what is on it, and nothing else`, async (t) => {
    const member = new Member(1, 1, new LocalNetwork(), goodWrites)
    const opening = member.open()
    await member.start(t)
    const answered: string[] = []
    const work = opening.then(async (session) => {
      for (let n = 0; ; n++) answered.push(await session.create(`/${n}`))
    })
    await t.throwsAsync(work)
    t.deepEqual(member.failures, ['STORAGE EIO: an fsync failed'])
    t.is(member.released, 1)
    t.is(member.storage.late, 0, 'after one failed write there is no other')
    t.deepEqual(member.paths, answered)
    t.is(member.disk.isOpen, false)
  })
}

for (const whose of ['leading', 'following'] as const) {
  test(`when the disk of a ${whose} replica fails once, it is out, and the others answer on`, async (t) => {
    // ZOOKEEPER-2247, 602: a leader that could not log any more went on leading, and every write hung.
    t.timeout(PATIENCE_MS)
    const network = new LocalNetwork()
    const members = [1, 2, 3].map((id) => new Member(id, 3, network))
    await Promise.all(members.map((member) => member.start(t)))
    const sessions = await Promise.all(members.map((member) => member.open()))
    await eventually(() => members.some(({ role }) => role === whose))
    const broken = members.find(({ role }) => role === whose) ?? members[0]!
    const others = members.filter((member) => member !== broken)
    const session = sessions[members.indexOf(others[0]!)]!
    await session.create('/before')
    broken.storage.goodWrites = 0
    const path = await session.create('/after')
    t.is(path, '/after')
    await eventually(() => broken.failures.length > 0)
    await session.create('/later')

    t.is(broken.storage.late, 0)
    t.is(broken.released, 1)
    t.false(broken.paths.includes('/after'))
    const own = sessions[members.indexOf(broken)]!
    t.is(own.state, 'failed')
    t.false(own.alive)
    await t.throwsAsync(own.create('/own'), { code: 'REPLICA_FAILED' })
    for (const member of others) t.true(member.paths.includes('/later'))
    t.true(others.some(({ role }) => role === 'leading'))
  })
}
