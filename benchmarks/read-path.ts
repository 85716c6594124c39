/**
 * Reads of the local replica beside a bare `Map.get` of the same keys.
 *
 * Every kind of read does one round after the other, the bare Map among them, over the same keys in the same
 * random order; the ratio is taken within a round and the median over all rounds is shown. Every result is used.
 * The Map holds the very strings that are looked up, which is the best case for it: the tree's keys are strings of
 * its own. Decoded values ('utf8', 'json') are of the 10,000 keys that come first, so that decoding is done before
 * the rounds: that is what a cache of configuration looks like.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join as joinPath } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { join, op } from '../lib/index.js'
import type { Session } from '../lib/index.js'
import { machineLine, median, printTable } from './report.js'

const SIZES = [1_000, 10_000, 100_000, 1_000_000]
const CHILDREN_PER_PARENT = 10
const ROUNDS = 15
const READS_PER_ROUND = 50_000
const ASYNC_READS_PER_ROUND = 10_000
const DECODED_KEYS = 10_000
const OPERATIONS_PER_MULTI = 1000
const MULTIS_IN_FLIGHT = 8

interface Entry {
  readonly version: number
}

interface Contender {
  readonly name: string
  readonly reads: number
  /** Does that many reads from that position on. The sum makes sure that nothing is optimized away. */
  readonly run: (from: number, reads: number) => number | Promise<number>
}

async function benchReads(): Promise<void> {
  const dir = await mkdtemp(joinPath(tmpdir(), 'vivarium-bench-'))
  const zk = await join({ dir })
  try {
    const columns: number[][] = []
    const names: string[] = []
    const forest = new Forest(zk)
    for (const size of SIZES) {
      await forest.growTo(size)
      const results = await measure(contenders(zk, forest))
      columns.push(results.map(({ ratio }) => ratio))
      for (const { name } of columns.length === 1 ? results : []) names.push(name)
      forest.nanos.push(results[0]?.nanos ?? Number.NaN)
    }
    print(names, columns, forest.nanos)
  } finally {
    await zk.close()
    await rm(dir, { recursive: true, force: true })
  }
}

/** Parents with ten children each, and the same keys in a Map. */
class Forest {
  readonly map = new Map<string, Entry>()
  readonly nanos: number[] = []
  leaves: string[] = []
  parents: string[] = []
  readonly #zk: Session

  constructor(zk: Session) {
    this.#zk = zk
  }

  async growTo(size: number): Promise<void> {
    const operations: ReturnType<typeof op.create>[] = []
    const paths: string[] = []
    while (this.map.size + paths.length < size) {
      const parent = `/parent-${this.parents.length}`
      this.parents.push(parent)
      operations.push(op.create(parent, '{}'))
      paths.push(parent)
      for (let child = 0; child < CHILDREN_PER_PARENT; child += 1) {
        const path = `${parent}/child-${child}`
        operations.push(op.create(path, JSON.stringify({ child, text: 'x'.repeat(80) })))
        paths.push(path)
        this.leaves.push(path)
      }
    }
    await this.#create(operations)
    for (const [index, path] of paths.entries()) {
      this.map.set(path, { version: 0 })
      // A stat is made when it is first asked for: not in the rounds.
      this.#zk.existsSync(path)
      if (index % READS_PER_ROUND === 0) await turn()
    }
    this.leaves = shuffled(this.leaves)
    this.parents = shuffled(this.parents)
  }

  async #create(operations: readonly ReturnType<typeof op.create>[]): Promise<void> {
    let from = 0
    const createOn = async (): Promise<void> => {
      while (from < operations.length) {
        const some = operations.slice(from, from + OPERATIONS_PER_MULTI)
        from += some.length
        await this.#zk.multi(some)
      }
    }
    await Promise.all(Array.from({ length: MULTIS_IN_FLIGHT }, createOn))
  }
}

function contenders(zk: Session, { map, leaves, parents }: Forest): Contender[] {
  const leaf = keysOf(leaves)
  const parent = keysOf(parents)
  const hot = keysOf(leaves.slice(0, DECODED_KEYS))
  const loop =
    (key: (index: number) => string, read: (path: string) => number) =>
    (from: number, reads: number): number => {
      let sum = 0
      for (let index = from; index < from + reads; index += 1) sum += read(key(index))
      return sum
    }
  const asyncLoop =
    (key: (index: number) => string, read: (path: string) => Promise<number>) =>
    async (from: number, reads: number): Promise<number> => {
      let sum = 0
      for (let index = from; index < from + reads; index += 1) sum += await read(key(index))
      return sum
    }
  const text = { encoding: 'utf8' } as const
  const json = { encoding: 'json' } as const
  const many = READS_PER_ROUND
  const few = ASYNC_READS_PER_ROUND
  return [
    {
      name: 'Map.get',
      reads: many,
      run: loop(leaf, (path) => map.get(path)?.version ?? Number.NaN),
    },
    {
      name: 'existsSync',
      reads: many,
      run: loop(leaf, (path) => zk.existsSync(path)?.version ?? Number.NaN),
    },
    {
      name: 'getDataSync (Buffer)',
      reads: many,
      run: loop(leaf, (path) => zk.getDataSync(path).data.length),
    },
    {
      name: "getDataSync ('utf8')",
      reads: many,
      run: loop(hot, (path) => zk.getDataSync(path, text).data.length),
    },
    {
      name: "getDataSync ('json')",
      reads: many,
      run: loop(hot, (path) => (zk.getDataSync(path, json).data as { child: number }).child),
    },
    {
      name: 'getChildrenSync (10)',
      reads: many,
      run: loop(parent, (path) => zk.getChildrenSync(path).children.length),
    },
    {
      name: 'await exists',
      reads: few,
      run: asyncLoop(leaf, async (path) => (await zk.exists(path))?.version ?? Number.NaN),
    },
    {
      name: 'await getData',
      reads: few,
      run: asyncLoop(leaf, async (path) => (await zk.getData(path)).data.length),
    },
  ]
}

/** A cycle through the keys. */
function keysOf(paths: readonly string[]): (index: number) => string {
  return (index) => paths[index % paths.length] ?? ''
}

async function measure(
  all: readonly Contender[],
): Promise<{ name: string; ratio: number; nanos: number }[]> {
  const ratios = all.map((): number[] => [])
  const nanos = all.map((): number[] => [])
  // The first rounds warm up: code is compiled, values are decoded.
  const warmUps = 2
  for (let round = -warmUps; round < ROUNDS; round += 1) {
    let bare = Number.NaN
    for (const [index, contender] of all.entries()) {
      // A thread that never turned would lose its session, as it must.
      await turn()
      const took = await nanosPerRead(contender, (round + warmUps) * contender.reads)
      if (index === 0) bare = took
      if (round < 0) continue
      nanos[index]?.push(took)
      ratios[index]?.push(bare / took)
    }
  }
  return all.map(({ name }, index) => ({
    name,
    ratio: median(ratios[index] ?? []),
    nanos: median(nanos[index] ?? []),
  }))
}

async function nanosPerRead({ reads, run, name }: Contender, from: number): Promise<number> {
  const start = process.hrtime.bigint()
  const result = run(from, reads)
  const sum = typeof result === 'number' ? result : await result
  const took = Number(process.hrtime.bigint() - start)
  if (Number.isNaN(sum)) throw new Error(`${name} has read nothing`)
  return took / reads
}

/** Fisher and Yates, with dice of its own: the same order on every run. */
function shuffled(paths: readonly string[]): string[] {
  const result = [...paths]
  let seed = 1
  for (let last = result.length - 1; last > 0; last -= 1) {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0
    const other = seed % (last + 1)
    const kept = result[last] ?? ''
    result[last] = result[other] ?? ''
    result[other] = kept
  }
  return result
}

function print(
  names: readonly string[],
  columns: readonly number[][],
  bare: readonly number[],
): void {
  console.log(
    '\nReads, as a ratio to a bare Map.get of the same keys (1.00 is as fast; more is faster)\n',
  )
  const head = [
    { title: 'znodes', width: 22 },
    ...SIZES.map((size) => ({ title: size.toLocaleString('en'), width: 10 })),
  ]
  const rows = names.map((name, row) => [
    name,
    ...columns.map((ratios) => (ratios[row] ?? Number.NaN).toFixed(row === 0 ? 2 : 3)),
  ])
  printTable(head, [...rows, ['ns per Map.get', ...bare.map((nanos) => nanos.toFixed(0))]])
}

console.log(machineLine())
await benchReads()
