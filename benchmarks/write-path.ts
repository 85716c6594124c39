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
import { fileURLToPath, pathToFileURL } from 'node:url'
import { Floor } from './floor.js'
import type { Joined, Run, RunResult } from './replica-process.js'
import { machineLine, median, printTable } from './report.js'

const ROUNDS = 7
const RUN_MS = 700
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
  readonly ratio: number
}

export async function benchWrites(): Promise<void> {
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
  const result: Contender[] = []
  for (const bytes of [100, 1024]) {
    const alone = { outstanding: 1, bytes, durationMs: RUN_MS }
    const piped = { ...alone, outstanding: OUTSTANDING }
    const size = bytes === 1024 ? '1 KiB' : `${bytes} B`
    result.push({ name: `1 replica, 1 outstanding, ${size}`, members: one, run: alone })
    result.push({ name: `3 replicas, 1 at the leader, ${size}`, members: leader, run: alone })
    result.push({ name: `3 replicas, 1 at a follower, ${size}`, members: follower, run: alone })
    result.push({ name: `1 replica, 1,000 outstanding, ${size}`, members: one, run: piped })
    result.push({ name: `3 replicas, 1,000 at each, ${size}`, members: three, run: piped })
  }
  return result
}

async function compare(all: readonly Contender[], floor: Floor): Promise<void> {
  const floors: number[] = []
  const figures = all.map((): Figure[] => [])
  // The first round warms up.
  for (let round = -1; round < ROUNDS; round += 1) {
    const floorMs = await floor.measure(RUN_MS / 2)
    if (round >= 0) floors.push(floorMs)
    for (const [index, { members, run }] of all.entries()) {
      const results = await Promise.all(members.map((member) => member.run(run)))
      if (round >= 0) figures[index]?.push(figureOf(results, floorMs))
    }
  }
  print(all, figures, median(floors))
}

function figureOf(results: readonly RunResult[], floorMs: number): Figure {
  const [first] = results
  const medianMs = first?.medianMs ?? Number.NaN
  const perSecond = results.reduce((sum, { writes, tookMs }) => sum + (writes * 1000) / tookMs, 0)
  return { perSecond, medianMs, ratio: medianMs / floorMs }
}

function print(all: readonly Contender[], figures: readonly Figure[][], floorMs: number): void {
  console.log(
    '\nWrites, beside the floor: one fdatasync of 4 KiB and one round trip over a Unix socket',
  )
  console.log(
    '(latency ÷ floor: less is faster; writes/s × floor: writes in the time of one floor)\n',
  )
  const rows = all.map(({ name, run }, index) => {
    const some = figures[index] ?? []
    const of = (pick: (figure: Figure) => number): number => median(some.map(pick))
    const perSecond = of((figure) => figure.perSecond)
    const isAlone = run.outstanding === 1
    return [
      name,
      Math.round(perSecond).toLocaleString('en'),
      of((figure) => figure.medianMs).toFixed(2),
      isAlone ? of((figure) => figure.ratio).toFixed(2) : '',
      isAlone
        ? ''
        : of(({ perSecond: rate, medianMs, ratio }) => (rate * medianMs) / ratio / 1000).toFixed(1),
    ]
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

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  console.log(machineLine())
  await benchWrites()
}
