/**
 * Breadth first through everything that can happen: every row that is reached is kept, exactly, so that none is gone
 * through twice, and the way to a violation is a shortest one.
 */
import { WIDTH } from './row.js'
import type { Row } from './row.js'
import type { World } from './world.js'

export interface Found {
  readonly message: string
  /** Which of the starts. */
  readonly start: number
  /** Numbers of actions from there. */
  readonly path: readonly number[]
}

export interface Outcome {
  readonly states: number
  readonly transitions: number
  readonly depth: number
  /** States in which nothing more happens by itself. */
  readonly ends: number
  /** Everything that can be reached was. */
  readonly isWhole: boolean
  readonly violation: Found | undefined
}

export interface Limits {
  readonly states: number
  readonly depth: number
  /** Whether things go well from there on is looked at from everywhere, not only from the ends. */
  readonly isPatient?: boolean
}

export class Search {
  readonly #world: World
  readonly #limits: Limits
  readonly #check: (end: Row) => void
  readonly #rows = new Rows()
  #parents = new Int32Array(1 << 16)
  #actions = new Int32Array(1 << 16)
  #transitions = 0
  #ends = 0
  #isWhole = true

  /** @param check  Throws if things do not go well from there on, where nothing more happens by itself. */
  constructor(world: World, limits: Limits, check: (end: Row) => void) {
    this.#world = world
    this.#limits = limits
    this.#check = check
  }

  run(starts: readonly Row[]): Outcome {
    for (const start of starts) this.#add(start, -1, -1)
    let depth = 0
    let layerEnd = this.#rows.count
    let index = 0
    for (; index < this.#rows.count; index += 1) {
      if (index === layerEnd) {
        layerEnd = this.#rows.count
        depth += 1
      }
      if (depth >= this.#limits.depth || this.#rows.count >= this.#limits.states) {
        this.#isWhole = false
        break
      }
      const violation = this.#expand(index)
      if (violation !== undefined) return this.#outcome(depth + 1, violation)
    }
    return this.#outcome(depth, undefined)
  }

  #outcome(depth: number, violation: Found | undefined): Outcome {
    return {
      states: this.#rows.count,
      transitions: this.#transitions,
      depth,
      ends: this.#ends,
      isWhole: this.#isWhole && violation === undefined,
      violation,
    }
  }

  #expand(index: number): Found | undefined {
    const row = this.#rows.at(index)
    const pending = this.#world.pending(row)
    try {
      if (pending.length === 0) this.#ends += 1
      // A start is where nothing has happened yet.
      const isStart = (this.#parents[index] ?? -1) < 0
      if (!isStart && (pending.length === 0 || this.#limits.isPatient === true)) this.#check(row)
    } catch (error) {
      return this.#found(error, index, undefined)
    }
    return this.#takeAll(index, row, pending)
  }

  #takeAll(index: number, row: Row, pending: readonly number[]): Found | undefined {
    for (const action of [...pending, ...this.#world.possible(row)]) {
      this.#transitions += 1
      try {
        this.#add(this.#world.after(row, action), index, action)
      } catch (error) {
        return this.#found(error, index, action)
      }
    }
    return undefined
  }

  #found(error: unknown, index: number, action: number | undefined): Found {
    if (!(error instanceof Error)) throw error
    const path: number[] = action === undefined ? [] : [action]
    let at = index
    for (; (this.#parents[at] ?? -1) >= 0; at = this.#parents[at] ?? 0) {
      path.push(this.#actions[at] ?? 0)
    }
    return { message: error.message, start: at, path: path.reverse() }
  }

  #add(row: Row, parent: number, action: number): void {
    if (!this.#rows.add(row)) return
    const index = this.#rows.count - 1
    if (index >= this.#parents.length) {
      this.#parents = grown(this.#parents)
      this.#actions = grown(this.#actions)
    }
    this.#parents[index] = parent
    this.#actions[index] = action
  }
}

/** Rows, each once, in the order in which they were added. */
export class Rows {
  #data = new Int32Array(WIDTH << 16)
  #buckets = new Int32Array(1 << 18)
  count = 0

  at(index: number): Row {
    return this.#data.slice(index * WIDTH, (index + 1) * WIDTH)
  }

  /** False if it is there already. */
  add(row: Row): boolean {
    if (this.count * 2 >= this.#buckets.length) this.#rehash()
    const bucket = this.#find(row)
    if (this.#buckets[bucket] !== 0) return false
    if ((this.count + 1) * WIDTH > this.#data.length) this.#data = grown(this.#data)
    this.#data.set(row, this.count * WIDTH)
    this.count += 1
    this.#buckets[bucket] = this.count
    return true
  }

  /** The bucket in which it is, or would be. */
  #find(row: Row): number {
    const mask = this.#buckets.length - 1
    let bucket = hashOf(row) & mask
    for (;;) {
      const index = this.#buckets[bucket] ?? 0
      if (index === 0 || this.#isAt(index - 1, row)) return bucket
      bucket = (bucket + 1) & mask
    }
  }

  #isAt(index: number, row: Row): boolean {
    const from = index * WIDTH
    for (let offset = 0; offset < WIDTH; offset += 1) {
      if (this.#data[from + offset] !== row[offset]) return false
    }
    return true
  }

  #rehash(): void {
    this.#buckets = new Int32Array(this.#buckets.length * 2)
    for (let index = 0; index < this.count; index += 1) {
      this.#buckets[this.#find(this.at(index))] = index + 1
    }
  }
}

function grown(array: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  const next = new Int32Array(array.length * 2)
  next.set(array)
  return next
}

function hashOf(row: Row): number {
  let hash = 0x811c_9dc5
  for (const word of row) {
    hash = Math.imul(hash ^ word, 0x0100_0193)
    hash ^= hash >>> 15
    hash = Math.imul(hash, 0x2c1b_3c6d)
    hash ^= hash >>> 12
  }
  return hash >>> 0
}
