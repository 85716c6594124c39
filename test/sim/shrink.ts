/**
 * Makes a run that is red as small as it will get, with the same checker red: first the world and the workload, then
 * single faults (delta debugging).
 *
 * A change of the options makes another run of the same kind of world, where the fault may show under another seed. So
 * each is tried with a few.
 */
import type { Fleet } from './fleet.js'
import type { SimOptions } from './options.js'
import type { Report, Task } from './report.js'
import { simplifications } from './simpler.js'

/** Seeds that a simpler world is tried with. */
const SEEDS_TRIED = 12
/** Of the time goes to the world, the rest to single faults. */
const WORLD_SHARE = 0.6

/** Who runs what is tried. */
export type Runs = Pick<Fleet, 'run' | 'runAll'>

export interface Shrunk {
  readonly options: SimOptions
  readonly report: Report
  readonly runs: number
}

export class Shrinker {
  readonly #say: (line: string) => void
  readonly #runs: Runs
  #endAt = 0
  #best: SimOptions
  #report: Report
  #runsMade = 1

  private constructor(
    runs: Runs,
    options: SimOptions,
    report: Report,
    say: (line: string) => void,
  ) {
    this.#runs = runs
    this.#best = options
    this.#report = report
    this.#say = say
  }

  /** `undefined` if the run is not red. */
  static async shrink(
    runs: Runs,
    options: SimOptions,
    ms: number,
    say: (line: string) => void,
  ): Promise<Shrunk | undefined> {
    const report = await runs.run(taskOf(options))
    say(`seed ${options.seed}: ${report.violation?.split('\n')[0] ?? 'no violation'}`)
    if (report.checker === undefined) return undefined
    const shrinker = new Shrinker(runs, options, report, say)
    // The world takes what time it gets; single faults are what somebody has to understand.
    shrinker.#endAt = performance.now() + ms * WORLD_SHARE
    await shrinker.#simplify()
    shrinker.#endAt = performance.now() + ms * (1 - WORLD_SHARE)
    await shrinker.#dropFaults()
    return { options: shrinker.#best, report: shrinker.#report, runs: shrinker.#runsMade }
  }

  get #isOver(): boolean {
    return performance.now() > this.#endAt
  }

  /** Until nothing helps any more: what failed once may succeed when something else is simpler. */
  async #simplify(): Promise<void> {
    const failed = new Set<string>()
    for (let isSimpler = true; isSimpler && !this.#isOver;) {
      isSimpler = false
      for (const { name } of simplifications(this.#best)) {
        // Of the run as it is now.
        const options = simplifications(this.#best).find((each) => each.name === name)?.options
        if (options === undefined || failed.has(name) || this.#isOver) continue
        const seeds = Array.from({ length: SEEDS_TRIED }, (_, index) => this.#best.seed + index)
        const found = await this.#firstRed(seeds.map((seed) => ({ ...options, seed })))
        if (found === undefined) failed.add(name)
        else isSimpler = this.#take(found, name)
      }
      if (isSimpler) failed.clear()
    }
  }

  /** Delta debugging: which faults can be left out, in halves, quarters … single ones. */
  async #dropFaults(): Promise<void> {
    const skipped = new Set(this.#best.skippedFaults)
    let kept = Array.from({ length: this.#report.faults }, (_, index) => index + 1)
    kept = kept.filter((fault) => !skipped.has(fault))
    const all = kept.length
    const without = (dropped: readonly number[]): SimOptions => {
      const faults = new Set([...this.#best.skippedFaults, ...dropped])
      return { ...this.#best, skippedFaults: [...faults].toSorted((a, b) => a - b) }
    }
    for (let size = kept.length; size >= 1 && !this.#isOver;) {
      const chunks = chunksOf(kept, size)
      const found = await this.#firstRed(chunks.map(without))
      if (found === undefined) {
        if (size === 1) break
        size = Math.ceil(size / 2)
        continue
      }
      this.#take(found, `${found.options.skippedFaults.length} of ${all} faults left out`)
      const left = new Set(found.options.skippedFaults)
      kept = kept.filter((fault) => !left.has(fault))
      size = Math.min(size, kept.length)
    }
  }

  #take({ options, report }: Pick<Shrunk, 'options' | 'report'>, name: string): true {
    this.#best = options
    this.#report = report
    this.#say(
      `${name}: still red, seed ${options.seed}, ${report.decided} txns, ${report.faults} faults`,
    )
    return true
  }

  /** The first that is red by the same checker, in the order given; all cores look. */
  async #firstRed(
    list: readonly SimOptions[],
  ): Promise<Pick<Shrunk, 'options' | 'report'> | undefined> {
    let next = 0
    let first = list.length
    const reports = new Map<number, Report>()
    const take = (): Task | undefined => {
      const options = next < first && !this.#isOver ? list[next] : undefined
      next += 1
      return options && taskOf(options)
    }
    await this.#runs.runAll(take, (report, { options }) => {
      this.#runsMade += 1
      if (report.checker !== this.#report.checker) return
      const index = list.findIndex((each) => each === options)
      first = Math.min(first, index)
      reports.set(index, report)
    })
    const report = reports.get(first)
    const options = list[first]
    return report && options && { options, report }
  }
}

function taskOf(options: SimOptions): Task {
  return { seed: options.seed, options, twice: false }
}

function chunksOf<T>(list: readonly T[], size: number): T[][] {
  const chunks: T[][] = []
  for (let start = 0; start < list.length; start += size)
    chunks.push(list.slice(start, start + size))
  return chunks
}
