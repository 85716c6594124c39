/**
 * A number that everybody counts on. The znode holds it as a decimal, so that people and other clients can read it.
 *
 * @see org.apache.curator.framework.recipes.atomic.DistributedAtomicLong, …shared.SharedCount
 */
import { badArguments, checkOptions, checkPath, describe } from '../session/arguments.js'
import type { RequestOptions } from '../session/readable-session.js'
import { refusalError } from '../session/refusal.js'
import type { Session } from '../session/session.js'
import { codeOf } from './ends.js'
import { createParents } from './parents.js'

/** A znode that was created empty is at 0. */
const DECIMAL = /^(-?\d+)?$/

interface Count {
  readonly value: number
  /** Of the znode; `undefined` if there is none. */
  readonly version: number | undefined
}

/**
 * Guarantees: `add` counts exactly once, under any contention and whatever dies meanwhile: it is a compare-and-set by
 * version, and a write has one outcome, so there is no "perhaps it was counted" of which Curator's `succeeded()` warns.
 * Only after `signal`, the end of the session or of the replica is it unknown (`OUTCOME_UNKNOWN`). Somebody's `add`
 * always succeeds; those of one Counter do not compete with one another.
 *
 * Not guaranteed: `value` may be behind other processes (`await session.sync()` first). A znode that is deleted begins
 * at 0 again.
 */
export class Counter {
  readonly path: string
  readonly #session: Session
  /** The newest `add`, settled or not. */
  #last: Promise<unknown> = Promise.resolve()

  /** @throws TypeError (`BAD_ARGUMENTS`) if it is no path. */
  constructor(session: Session, path: string) {
    checkPath(path)
    this.path = path
    this.#session = session
  }

  /**
   * As this process knows it now; 0 if nobody has counted.
   *
   * @throws ZooKeeperError `BAD_DATA` if it is no safe integer; as the session's Sync forms.
   */
  get value(): number {
    return this.#read().value
  }

  /**
   * @returns The sum.
   * @throws TypeError (`BAD_ARGUMENTS`) if `n` or the sum is no safe integer; then nothing has changed.
   */
  async add(n: number, options?: RequestOptions): Promise<number> {
    checkOptions(options, ['signal'])
    checkCount('what is added', n)
    // One after the other: those of one process would only get into each other's way.
    const adding = this.#last.then(() => this.#add(n, options?.signal))
    this.#last = adding.catch(() => undefined)
    return adding
  }

  /** Whatever it was before. */
  async set(value: number, options?: RequestOptions): Promise<void> {
    checkOptions(options, ['signal'])
    checkCount('a count', value)
    for (;;) {
      try {
        await this.#session.setData(this.path, String(value), -1, options)
        return
      } catch (error) {
        if (codeOf(error) !== 'NO_NODE') throw error
      }
      if (await this.#create(value, options?.signal)) return
    }
  }

  async #add(n: number, signal: AbortSignal | undefined): Promise<number> {
    for (;;) {
      signal?.throwIfAborted()
      const { value, version } = this.#read()
      const sum = value + n
      checkCount(`the sum of ${value} and ${n}`, sum)
      if (await this.#replace(version, sum, signal)) return sum
      // Refused, so this process has applied what came before it: the next try starts from there.
    }
  }

  async #replace(
    version: number | undefined,
    value: number,
    signal: AbortSignal | undefined,
  ): Promise<boolean> {
    if (version === undefined) return this.#create(value, signal)
    try {
      await this.#session.setData(this.path, String(value), version, { signal })
      return true
    } catch (error) {
      if (codeOf(error) === 'BAD_VERSION' || codeOf(error) === 'NO_NODE') return false
      throw error
    }
  }

  async #create(value: number, signal: AbortSignal | undefined): Promise<boolean> {
    try {
      await this.#session.create(this.path, String(value), { signal })
      return true
    } catch (error) {
      if (codeOf(error) === 'NODE_EXISTS') return false
      if (codeOf(error) !== 'NO_NODE') throw error
    }
    await createParents(this.#session, this.path, signal)
    return false
  }

  #read(): Count {
    const stat = this.#session.existsSync(this.path)
    if (stat === null) return { value: 0, version: undefined }
    const { data } = this.#session.getDataSync(this.path, { encoding: 'utf8' })
    const value = Number(data)
    const isCount = DECIMAL.test(data) && Number.isSafeInteger(value)
    if (isCount) return { value, version: stat.version }
    throw refusalError({ code: 'BAD_DATA', message: `the data of ${this.path} is no count` })
  }
}

function checkCount(what: string, value: unknown): void {
  if (Number.isSafeInteger(value)) return
  throw badArguments(`${what} is a safe integer, not ${describe(value)}`)
}
