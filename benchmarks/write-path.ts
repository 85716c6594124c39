/**
 * Writes, beside the floor of the machine: one fdatasync plus one round trip over a Unix socket.
 *
 * Each ensemble is made of processes, one replica each. All contenders, the floor among them, take turns, round
 * after round; ratios are taken within a round, and the median over all rounds is shown. With 1,000 outstanding
 * every replica of an ensemble writes at once, and their writes are counted together.
 */
import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Floor } from './floor.js'
import type { Joined, Run, RunResult } from './replica-process.js'
import { machineLine, median, printTable } from './report.js'

const ROUNDS = 7
const WARM_UPS = 2
const RUN_MS = 600
const PAUSE_MS = 400
const OUTSTANDING = 1000

interface Contender {
  readonly name: string
  readonly members: readonly Member[]
  readonly run: Run
}

/** Writes per second of all members together; the median latency is the first member's. */
interface Figure {
  readonly perSecond: number
  readonly medianMs: number
  readonly latencyRatio: number
  readonly writesInFloor: number
}

async function benchWrites(): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), 'vivarium-bench-'))
  const members: Member[] = []
  const floor = await Floor.open(dir)
  try {
    const one = await startEnsemble(join(dir, 'one'), 1, members)
    const three = await startEnsemble(join(dir, 'three'), 3, members)
    const all = contenders(one, three)
    await compare(all, floor)
  } finally {
    await Promise.all(members.map((member) => member.close()))
    await floor.close()
    await rm(dir, { recursive: true, force: true })
  }
}

class Member {
  readonly #child: ChildProcess
  #joined: Joined = { id: 0, leader: 0 }

  constructor(dir: string, size: number) {
    const entry = fileURLToPath(new URL('./replica-process.js', import.meta.url))
    this.#child = fork(entry, [dir, String(size)])
  }

  get isLeader(): boolean {
    return this.#joined.id === this.#joined.leader
  }

  async joined(): Promise<void> {
    this.#joined = (await this.#message()) as Joined
  }

  run(run: Run): Promise<RunResult> {
    this.#child.send(run)
    return this.#message() as Promise<RunResult>
  }

  async close(): Promise<void> {
    if (this.#child.exitCode !== null) return
    const exited = new Promise((resolve) => this.#child.once('exit', resolve))
    this.#child.disconnect()
    await exited
  }

  #message(): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const onExit = (code: number | null): void =>
        reject(new Error(`a replica's process ended with ${code}`))
      this.#child.once('exit', onExit)
      this.#child.once('message', (message) => {
        this.#child.off('exit', onExit)
        resolve(message)
      })
    })
  }
}

async function startEnsemble(dir: string, size: number, members: Member[]): Promise<Member[]> {
  const started = Array.from({ length: size }, () => new Member(dir, size))
  members.push(...started)
  await Promise.all(started.map((member) => member.joined()))
  return started
}

function contenders(one: readonly Member[], three: readonly Member[]): Contender[] {
  const leader = three.filter((member) => member.isLeader)
  const follower = three.filter((member) => !member.isLeader).slice(0, 1)
  const sizes = [
    ['100 B', 100],
    ['1 KiB', 1024],
  ] as const
  const alone = sizes.flatMap(([size, bytes]): Contender[] => {
    const run = { outstanding: 1, bytes, durationMs: RUN_MS }
    return [
      { name: `1 replica, 1 outstanding, ${size}`, members: one, run },
      { name: `3 replicas, 1 at the leader, ${size}`, members: leader, run },
      { name: `3 replicas, 1 at a follower, ${size}`, members: follower, run },
    ]
  })
  const pipelined = sizes.flatMap(([size, bytes]): Contender[] => {
    const run = { outstanding: OUTSTANDING, bytes, durationMs: RUN_MS }
    return [
      { name: `1 replica, 1,000 outstanding, ${size}`, members: one, run },
      { name: `3 replicas, 1,000 at each, ${size}`, members: three, run },
    ]
  })
  return [...alone, ...pipelined]
}

async function compare(all: readonly Contender[], floor: Floor): Promise<void> {
  const floors: number[] = []
  const figures = all.map((): Figure[] => [])
  for (let round = -WARM_UPS; round < ROUNDS; round += 1) {
    // What the pipelined writes of the last round have left to do (checkpoints, snapshots) must not slow the floor.
    await delay(PAUSE_MS)
    const results: RunResult[][] = []
    const before = await floor.measure(RUN_MS / 2)
    for (const contender of all.filter(isAlone)) results.push(await runOf(contender))
    const after = await floor.measure(RUN_MS / 2)
    for (const contender of all.filter((each) => !isAlone(each))) {
      results.push(await runOf(contender))
    }
    if (round < 0) continue
    const floorMs = (before + after) / 2
    floors.push(floorMs)
    for (const [index, result] of results.entries()) figures[index]?.push(figureOf(result, floorMs))
  }
  print(all, figures, median(floors))
}

function isAlone({ run }: Contender): boolean {
  return run.outstanding === 1
}

function runOf({ members, run }: Contender): Promise<RunResult[]> {
  return Promise.all(members.map((member) => member.run(run)))
}

function figureOf(results: readonly RunResult[], floorMs: number): Figure {
  const [first] = results
  const medianMs = first?.medianMs ?? Number.NaN
  const perSecond = results.reduce((sum, { writes, tookMs }) => sum + (writes * 1000) / tookMs, 0)
  const latencyRatio = medianMs / floorMs
  return { perSecond, medianMs, latencyRatio, writesInFloor: (perSecond * floorMs) / 1000 }
}

function print(all: readonly Contender[], figures: readonly Figure[][], floorMs: number): void {
  console.log(
    '\nWrites, beside the floor: one fdatasync of 4 KiB and one round trip over a Unix socket',
  )
  console.log('(latency ÷ floor: less is faster; writes in a floor: more is faster)\n')
  const rows = all.map((contender, index) => {
    const some = figures[index] ?? []
    const of = (pick: (figure: Figure) => number): string => median(some.map(pick)).toFixed(2)
    const perSecond = Math.round(median(some.map((figure) => figure.perSecond)))
    const latency = isAlone(contender) ? of((figure) => figure.latencyRatio) : ''
    const inFloor = isAlone(contender) ? '' : of((figure) => figure.writesInFloor)
    const medianMs = of((figure) => figure.medianMs)
    return [contender.name, perSecond.toLocaleString('en'), medianMs, latency, inFloor]
  })
  rows.unshift([
    'floor',
    Math.round(1000 / floorMs).toLocaleString('en'),
    floorMs.toFixed(2),
    '1.00',
    '1.0',
  ])
  printTable(
    [
      { title: 'writes', width: 36 },
      { title: 'per second', width: 10 },
      { title: 'median ms', width: 9 },
      { title: 'latency ÷ floor', width: 15 },
      { title: 'writes in a floor', width: 17 },
    ],
    rows,
  )
}

console.log(machineLine())
await benchWrites()
