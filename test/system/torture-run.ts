/**
 * The torture: three processes, each a replica, all writing; a random one (sometimes two, sometimes all) is
 * killed with `kill -9` and started again, over and over; or the leader writes for a moment what nobody else
 * gets, and comes back last. At the end, what was answered is compared with what is there. Used by the test for half a minute, and by the command for as long as wanted.
 */
import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Random } from '../../lib/base/random.js'
import { eventually, pause, programPath, temporaryDirectory } from './support.js'
import type { Scope } from './support.js'

const SIZE = 3

interface WorkerStatus {
  readonly role: string
  readonly epoch: number
  readonly own: string
  readonly metrics: Readonly<Record<string, number>>
}

interface Dump {
  readonly lastZxid: number
  readonly digest: number
  readonly log: readonly string[]
  readonly counters: readonly (readonly [name: string, version: number, data: string])[]
  readonly alive: readonly string[]
}

type FromWorker =
  | ({ readonly kind: 'status' } & WorkerStatus)
  | { readonly kind: 'stopped' }
  | { readonly kind: 'dumped'; readonly dump: Dump }

class Worker {
  readonly id: number
  readonly #child: ChildProcess
  status: WorkerStatus | undefined
  isStopped = false
  dump: Dump | undefined
  output = ''
  end: { code: number | null; signal: NodeJS.Signals | null } | undefined

  constructor(dir: string, id: number) {
    this.id = id
    const args = [dir, String(id), join(dir, 'notes')]
    this.#child = fork(programPath('torture-worker.js'), args, {
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      execArgv: [],
    })
    this.#child.stdout?.on('data', (chunk: Buffer) => (this.output += chunk.toString()))
    this.#child.stderr?.on('data', (chunk: Buffer) => (this.output += chunk.toString()))
    this.#child.on('exit', (code, signal) => (this.end = { code, signal }))
    this.#child.on('message', (message: FromWorker) => {
      if (message.kind === 'status') this.status = message
      else if (message.kind === 'stopped') this.isStopped = true
      else this.dump = message.dump
    })
  }

  send(kind: 'stop' | 'dump' | 'close'): void {
    this.#child.send({ kind })
  }

  stop(): void {
    this.#child.kill('SIGSTOP')
  }

  /** Only a kill of ours may end it. */
  check(): void {
    if (this.end === undefined) return
    const { code, signal } = this.end
    throw new Error(`a worker ended by itself (${code ?? signal}): ${this.output}`)
  }

  async kill(): Promise<void> {
    if (this.end === undefined) this.#child.kill('SIGKILL')
    await eventually('a killed process ends', () => this.end !== undefined)
  }
}

export interface TortureReport {
  readonly kills: number
  readonly leaderKills: number
  readonly majorityKills: number
  readonly wholeKills: number
  readonly isolations: number
  readonly resolved: number
  readonly created: number
  readonly incarnations: number
  readonly epoch: number
  readonly digest: number
  /** Of the processes that were alive at the end. */
  readonly counters: Readonly<Record<string, number>>
}

class Torture {
  readonly #dir: string
  readonly #random: Random
  readonly #workers: Worker[] = []
  readonly #counters: Record<string, number> = {}
  #rounds = 0
  kills = 0
  leaderKills = 0
  majorityKills = 0
  wholeKills = 0
  isolations = 0

  constructor(dir: string, seed: number) {
    this.#dir = dir
    this.#random = new Random(seed)
    for (let id = 1; id <= SIZE; id += 1) this.#workers.push(new Worker(dir, id))
  }

  async killAll(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.kill()))
  }

  async until(what: string, isTrue: (worker: Worker) => boolean, timeoutMs: number): Promise<void> {
    await eventually(
      `${what}; ${JSON.stringify(this.#workers.map(({ status }) => status))}`,
      () => {
        for (const worker of this.#workers) worker.check()
        return this.#workers.every(isTrue)
      },
      timeoutMs,
    )
  }

  async round(): Promise<void> {
    await pause(100 + this.#random.integer(900))
    for (const worker of this.#workers) worker.check()
    const leader = this.#workers.find(({ status }) => status?.role === 'leading')
    this.#rounds += 1
    if (leader !== undefined && this.#rounds % 4 === 2) await this.#isolate(leader)
    else await this.#strike()
    // Now and then the next blow falls on those that are not up yet.
    if (this.#random.integer(3) > 0) {
      await this.until('all serve', ({ status }) => status !== undefined, 60_000)
    }
  }

  /** Kills one, two or all, and starts as many again after a moment. */
  async #strike(): Promise<void> {
    const dice = this.#random.integer(12)
    const count = dice === 0 ? 3 : dice <= 2 ? 2 : 1
    const chosen = this.#choose(count)
    if (count === 2) this.majorityKills += 1
    if (count === 3) this.wholeKills += 1
    await this.#kill(chosen)
    await pause(this.#random.integer(600))
    this.#restart(chosen)
  }

  /** What the leader logs while the others are stopped is its own; they go on without it, and it comes back last. */
  async #isolate(leader: Worker): Promise<void> {
    this.isolations += 1
    const others = this.#workers.filter((worker) => worker !== leader)
    for (const other of others) other.stop()
    await pause(50 + this.#random.integer(300))
    await this.#kill(this.#workers)
    this.#restart(others)
    const back = this.#workers.filter(({ id }) => id !== leader.id)
    await eventually(
      'two serve',
      () => {
        for (const worker of back) worker.check()
        return back.every(({ status }) => status !== undefined)
      },
      60_000,
    )
    this.#restart([leader])
  }

  async #kill(workers: readonly Worker[]): Promise<void> {
    this.kills += workers.length
    for (const worker of workers) {
      if (worker.status?.role === 'leading') this.leaderKills += 1
      this.#collect(worker)
    }
    await Promise.all(workers.map((worker) => worker.kill()))
  }

  #restart(workers: readonly Worker[]): void {
    for (const worker of workers) {
      this.#workers[this.#workers.indexOf(worker)] = new Worker(this.#dir, worker.id)
    }
  }

  #choose(count: number): Worker[] {
    const left = [...this.#workers]
    const chosen: Worker[] = []
    while (chosen.length < count) {
      chosen.push(...left.splice(this.#random.integer(left.length), 1))
    }
    return chosen
  }

  #collect({ status }: Worker): void {
    for (const name of ['truncations', 'snapshotsReceived', 'diffs', 'resubmissions', 'reloads']) {
      this.#counters[name] = (this.#counters[name] ?? 0) + (status?.metrics[name] ?? 0)
    }
    for (const name of ['snapshotsTaken', 'viewSnapshots', 'knownDeaths', 'learnerDivergences']) {
      this.#counters[name] = (this.#counters[name] ?? 0) + (status?.metrics[name] ?? 0)
    }
  }

  async finish(): Promise<TortureReport> {
    await this.until('all serve', ({ status }) => status !== undefined, 60_000)
    for (const worker of this.#workers) worker.send('stop')
    await this.until('every write is answered', ({ isStopped }) => isStopped, 60_000)
    // A process that was killed while it had no link is known to be dead only after a moment.
    await pause(1500)
    for (const worker of this.#workers) worker.send('dump')
    await this.until('all have told what they hold', ({ dump }) => dump !== undefined, 60_000)
    const report = this.#verify()
    for (const worker of this.#workers) worker.send('close')
    await eventually('all end by themselves', () => {
      return this.#workers.every(({ end }) => end !== undefined)
    })
    const codes = this.#workers.map(({ end }) => end?.code)
    if (codes.some((code) => code !== 0)) throw new Error(`they ended with ${codes.join(', ')}`)
    return report
  }

  #verify(): TortureReport {
    const dumps = this.#workers.map(({ dump }) => dump!)
    const newest = dumps.reduce((a, b) => (b.lastZxid > a.lastZxid ? b : a))
    expectSame(dumps)
    const notes = readFileSync(join(this.#dir, 'notes'), 'utf8').split('\n').slice(0, -1)
    const found = compare(notes, newest)
    const own = new Set(this.#workers.map(({ status }) => status!.own))
    const strangers = newest.alive.filter((name) => !own.has(name))
    if (strangers.length > 0 || newest.alive.length !== SIZE) {
      throw new Error(`ephemerals of the dead: ${strangers.join(', ')}; ${newest.alive.join(', ')}`)
    }
    for (const worker of this.#workers) this.#collect(worker)
    const { kills, leaderKills, majorityKills, wholeKills, isolations } = this
    const epoch = Math.max(...this.#workers.map(({ status }) => status!.epoch))
    const killed = { kills, leaderKills, majorityKills, wholeKills, isolations }
    return { ...killed, ...found, epoch, digest: newest.digest, counters: this.#counters }
  }
}

/** Equal contents, and an equal digest wherever the zxid is equal. */
function expectSame(dumps: readonly Dump[]): void {
  const byZxid = new Map<number, number>()
  for (const { lastZxid, digest } of dumps) {
    if ((byZxid.get(lastZxid) ?? digest) !== digest)
      throw new Error(`digests differ at ${lastZxid}`)
    byZxid.set(lastZxid, digest)
  }
  const contents = dumps.map(({ log, counters, alive }) => {
    return JSON.stringify([[...log].sort(), counters.map(String).sort(), [...alive].sort()])
  })
  if (new Set(contents).size !== 1) throw new Error('the replicas hold different things')
}

/** Every answer that was given is true of the state at the end, and nothing was applied twice. */
function compare(
  notes: readonly string[],
  { log, counters }: Dump,
): Pick<TortureReport, 'resolved' | 'created' | 'incarnations'> {
  const names = new Set(log)
  // Without the sequence number a name is one write.
  const writes = new Set(log.map((name) => name.slice(0, name.lastIndexOf('-'))))
  if (writes.size !== log.length) throw new Error('a create was applied twice')
  const versions = new Map(counters.map(([name, version, data]) => [name, { version, data }]))
  let created = 0
  let incarnations = 0
  for (const line of notes) {
    const [kind, name = '', number = '', version = ''] = line.split(' ')
    if (kind === 'created') {
      created += 1
      if (!names.has(name.slice('/log/'.length))) throw new Error(`lost: ${line}`)
    } else if (kind === 'set') {
      const counter = versions.get(name)
      if (counter === undefined || counter.version < Number(version))
        throw new Error(`lost: ${line}`)
      if (counter.version === Number(version) && counter.data !== number) {
        throw new Error(`${line}, but the data is ${counter.data}`)
      }
    } else {
      incarnations += 1
      if (!versions.has(name)) throw new Error(`lost: ${line}`)
    }
  }
  return { resolved: notes.length, created, incarnations }
}

export async function torture(
  scope: Scope,
  options: {
    readonly forMs: number
    readonly seed: number
    readonly tell?: (line: string) => void
  },
): Promise<TortureReport> {
  const run = new Torture(temporaryDirectory(scope), options.seed)
  scope.teardown(() => run.killAll())
  await run.until('all serve for the first time', ({ status }) => status !== undefined, 60_000)
  const end = performance.now() + options.forMs
  while (performance.now() < end) {
    await run.round()
    options.tell?.(`${run.kills} kills, ${run.leaderKills} of them of the leader`)
  }
  return run.finish()
}
