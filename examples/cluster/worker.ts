/**
 * A worker of the story: a replica that does what the primary says.
 *
 * Everything it does with vivarium is what any application would do; the rest is asking and answering.
 */
import { setImmediate as turn } from 'node:timers/promises'
import { join } from '../../lib/index.js'
import type { Session, WatchEvent } from '../../lib/index.js'
import { monotonicMs } from './command.js'
import type {
  Answers,
  Command,
  CountAnswer,
  FiredAnswer,
  FloodAnswer,
  Question,
  StatusAnswer,
  WriteAnswer,
} from './command.js'

/** Number 0 is the news that it has joined. */
const JOINED = 0
/** Reads over which the time of one is taken. */
const READS = 10_000
/** Writes are issued in groups, so that at the kill some are on their way, some logged and some decided. */
const GROUP = 100
/** Windows that settle before: a stream in full flow. Then a moment somewhere between two of its batches. */
const WINDOWS_BEFORE_KILL = 4
const KILL_AFTER_MS = 8

export async function work(): Promise<void> {
  const zk = await join({ dir: String(process.env.STORY_DIR), size: 3 })
  const worker = new Worker(zk)
  process.on('message', (question: Question) => {
    void worker.reply(question.number, () => worker.obey(question.command))
  })
  // A worker does not outlive its primary.
  process.on('disconnect', () => void zk.close())
  await worker.reply(JOINED, () => Promise.resolve(worker.status()))
}

class Worker {
  readonly #zk: Session
  readonly #watches = new Map<string, Promise<FiredAnswer>>()

  constructor(zk: Session) {
    this.#zk = zk
  }

  async reply(number: number, run: () => Promise<Answers[keyof Answers]>): Promise<void> {
    try {
      process.send?.({ number, answer: await run() })
    } catch (error) {
      process.send?.({ number, error: error instanceof Error ? error.message : String(error) })
    }
  }

  async obey(command: Command): Promise<Answers[keyof Answers]> {
    switch (command.kind) {
      case 'status':
        return this.status()
      case 'create':
        return this.#create(command.path, command.ephemeral)
      case 'set':
        return this.#set(command.path, command.data)
      case 'read':
        return this.#read(command.path, command.zxid)
      case 'watch':
        this.#watches.set(command.path, this.#watch(command.path))
        return {}
      case 'fired':
        return this.#fired(command.path)
      case 'flood':
        return new Flood(this.#zk, command.path, command.window, command.victim).run()
      case 'count':
        return this.#count(command.path)
      case 'close':
        return this.#close()
    }
  }

  status(): StatusAnswer {
    const { id, leader = 0, epoch, lastZxid, digest } = this.#zk.replica.status()
    return { id, pid: process.pid, leader, epoch, lastZxid, digest }
  }

  async #create(path: string, ephemeral: boolean): Promise<WriteAnswer> {
    const start = monotonicMs()
    const data = `by pid ${process.pid}`
    const { stat } = await this.#zk.create(path, data, { ephemeral, stat: true })
    return { path, zxid: stat.czxid, at: start, tookMs: monotonicMs() - start }
  }

  async #set(path: string, data: string): Promise<WriteAnswer> {
    const start = monotonicMs()
    const stat = await this.#zk.setData(path, data)
    return { path, zxid: stat.mzxid, at: start, tookMs: monotonicMs() - start }
  }

  async #read(path: string, zxid: number): Promise<Answers['read']> {
    while (this.#zk.replica.status().lastZxid < zxid) await turn()
    const { data } = this.#zk.getDataSync(path, { encoding: 'utf8' })
    const start = monotonicMs()
    let equal = 0
    for (let read = 0; read < READS; read += 1) {
      if (this.#zk.getDataSync(path, { encoding: 'utf8' }).data === data) equal += 1
    }
    if (equal !== READS) throw new Error(`${path} has changed meanwhile`)
    return { data, readMicros: ((monotonicMs() - start) * 1000) / READS }
  }

  #watch(path: string): Promise<FiredAnswer> {
    return new Promise((resolve) => {
      const watch = ({ type }: WatchEvent): void => {
        const at = monotonicMs()
        const isThere = this.#zk.existsSync(path) !== null
        const data = isThere ? this.#zk.getDataSync(path, { encoding: 'utf8' }).data : undefined
        resolve({ type, at, data })
      }
      this.#zk.existsSync(path, { watch })
    })
  }

  #fired(path: string): Promise<FiredAnswer> {
    const fired = this.#watches.get(path)
    return fired ?? Promise.reject(new Error(`no watch was left on ${path}`))
  }

  #count(path: string): CountAnswer {
    const { children } = this.#zk.getChildrenSync(path)
    const zxids = new Set<number>()
    let isInOrder = true
    for (const [index, name] of children.toSorted().entries()) {
      const { data, stat } = this.#zk.getDataSync(`${path}/${name}`, { encoding: 'utf8' })
      zxids.add(stat.czxid)
      isInOrder &&= Number(name.slice(-10)) === index && data === String(index)
    }
    return { count: children.length, isInOrder, distinctZxids: zxids.size }
  }

  async #close(): Promise<Answers['close']> {
    const start = monotonicMs()
    await this.#zk.close()
    // The channel to the primary is all that still keeps this process alive.
    setImmediate(() => process.disconnect())
    return { tookMs: monotonicMs() - start }
  }
}

/** Keeps a window of creates in flight, kills the victim in the middle of it, and then only finishes what it began. */
class Flood {
  readonly #zk: Session
  readonly #path: string
  readonly #window: number
  readonly #victim: number
  readonly #epoch: number
  #issued = 0
  #settled = 0
  #killedAt: number | undefined
  #settledBefore = 0
  #inFlight = 0
  #nextCommitAt: number | undefined
  #byOldLeader = 0

  constructor(zk: Session, path: string, window: number, victim: number) {
    this.#zk = zk
    this.#path = path
    this.#window = window
    this.#victim = victim
    this.#epoch = zk.replica.status().epoch
  }

  async run(): Promise<FloodAnswer> {
    const writes: Promise<void>[] = []
    while (writes.length < this.#window) {
      for (let write = 0; write < GROUP; write += 1) writes.push(this.#createOn())
      await turn()
    }
    await Promise.all(writes)
    // In case everything in flight was decided by the old leader after all, the next commit is this one.
    if (this.#nextCommitAt === undefined) await this.#createOne()
    const { length } = this.#zk.getChildrenSync(this.#path).children
    if (this.#killedAt === undefined || this.#nextCommitAt === undefined) {
      throw new Error('the new leader has committed nothing')
    }
    if (length !== this.#issued) throw new Error(`${length} applied, ${this.#issued} asked for`)
    return {
      killedAt: this.#killedAt,
      settledBefore: this.#settledBefore,
      inFlight: this.#inFlight,
      nextCommitAt: this.#nextCommitAt,
      settledAt: monotonicMs(),
      byOldLeader: this.#byOldLeader,
      byNewLeader: this.#issued - this.#byOldLeader,
    }
  }

  /** One of the writes in flight; the next takes its place until the kill. */
  async #createOn(): Promise<void> {
    do await this.#createOne()
    while (this.#killedAt === undefined)
  }

  async #createOne(): Promise<void> {
    const path = `${this.#path}/job-`
    const data = String(this.#issued)
    this.#issued += 1
    const { stat } = await this.#zk.create(path, data, { sequential: true, stat: true })
    this.#settled += 1
    if (Math.floor(stat.czxid / 2 ** 32) > this.#epoch) this.#nextCommitAt ??= monotonicMs()
    else this.#byOldLeader += 1
    // In a turn of its own: by then every write that a batch settled has been replaced.
    if (this.#settled === this.#window * WINDOWS_BEFORE_KILL) {
      setTimeout(() => this.#kill(), KILL_AFTER_MS)
    }
  }

  #kill(): void {
    process.kill(this.#victim, 'SIGKILL')
    this.#killedAt = monotonicMs()
    this.#settledBefore = this.#settled
    this.#inFlight = this.#issued - this.#settled
  }
}
