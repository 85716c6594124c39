/** One replica of the write benchmark, in a process of its own: writes when it is told to, and says how it went. */
import { join } from '../lib/index.js'
import type { Session } from '../lib/index.js'
import { median } from './report.js'

export interface Run {
  readonly outstanding: number
  readonly bytes: number
  readonly durationMs: number
}

/** Of the writes that were issued and settled within the run. */
export interface RunResult {
  readonly writes: number
  readonly tookMs: number
  readonly medianMs: number
}

export interface Joined {
  readonly id: number
  readonly leader: number
}

const ZNODES = 100

async function serve(): Promise<void> {
  const [, , dir = '', size = ''] = process.argv
  const zk = await join({ dir, size: Number(size) })
  const { id, leader = 0 } = zk.replica.status()
  for (let znode = 0; znode < ZNODES; znode += 1) await zk.create(`/of-${id}-${znode}`)
  process.on('message', (run: Run) => {
    void write(zk, id, run).then((result) => process.send?.(result))
  })
  // The parent is done.
  process.on('disconnect', () => void zk.close())
  const joined: Joined = { id, leader }
  process.send?.(joined)
}

async function write(zk: Session, id: number, run: Run): Promise<RunResult> {
  const latencies: number[] = []
  const start = performance.now()
  const end = start + run.durationMs
  const writeOn = async (from: number): Promise<void> => {
    const data = Buffer.alloc(run.bytes, 'x')
    for (let number = from; performance.now() < end; number += 1) {
      const issued = performance.now()
      await zk.setData(`/of-${id}-${number % ZNODES}`, data)
      latencies.push(performance.now() - issued)
    }
  }
  await Promise.all(Array.from({ length: run.outstanding }, (_, index) => writeOn(index)))
  const tookMs = performance.now() - start
  return { writes: latencies.length, tookMs, medianMs: median(latencies) }
}

if (process.send !== undefined) await serve()
