/**
 * What is the matter with each direction between two members: blocked by whoever wants it blocked, or slow. Several
 * may want it at once; a direction is well again when the last of them has let go.
 */

export class Conditions {
  /** How many block it, by `from>to`. */
  readonly #blocks = new Map<string, number>()
  /** What slows it down at present. */
  readonly #factors = new Map<string, readonly number[]>()

  isBlocked(from: number, to: number): boolean {
    return this.#blocks.has(keyOf(from, to))
  }

  block(from: number, to: number): void {
    const key = keyOf(from, to)
    this.#blocks.set(key, (this.#blocks.get(key) ?? 0) + 1)
  }

  /** True if the direction is open now and was not before. */
  unblock(from: number, to: number): boolean {
    const key = keyOf(from, to)
    const blocks = this.#blocks.get(key) ?? 0
    if (blocks > 1) this.#blocks.set(key, blocks - 1)
    else return this.#blocks.delete(key)
    return false
  }

  /** Every direction that is blocked. */
  blocked(): (readonly [from: number, to: number])[] {
    return [...this.#blocks.keys()].map((key) => {
      const [from = '', to = ''] = key.split('>')
      return [Number(from), Number(to)] as const
    })
  }

  /** How many times as long as usual things take there: the slowest counts. */
  factor(from: number, to: number): number {
    return Math.max(1, ...(this.#factors.get(keyOf(from, to)) ?? []))
  }

  slow(from: number, to: number, factor: number): void {
    const key = keyOf(from, to)
    this.#factors.set(key, [...(this.#factors.get(key) ?? []), factor])
  }

  /** One `slow` with that factor is over. */
  unslow(from: number, to: number, factor: number): void {
    const key = keyOf(from, to)
    const factors = this.#factors.get(key) ?? []
    const index = factors.indexOf(factor)
    if (index >= 0) this.#factors.set(key, factors.toSpliced(index, 1))
  }

  clear(): void {
    this.#blocks.clear()
    this.#factors.clear()
  }
}

function keyOf(from: number, to: number): string {
  return `${from}>${to}`
}
