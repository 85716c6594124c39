/**
 * Seeded dice: the only randomness the pure half and the simulator may use, so that a seed replays a
 * run exactly. The generator is sfc32. Not for secrets: whoever knows the seed knows every number.
 */
import { assert } from './assert.js'

const WARM_UP_ROUNDS = 12
const UINT32_RANGE = 0x1_0000_0000

/**
 * One stream of numbers. The same seed and the same calls give the same numbers on every machine.
 * Owners never share a stream: each takes a `fork`, so that a draw more in one place does not change
 * what another place sees.
 */
export class Random {
  readonly #seed: number
  #a: number
  #b: number
  #c: number
  #counter: number = 1

  /** @param seed A safe integer, of either sign. */
  constructor(seed: number) {
    assert(Number.isSafeInteger(seed), 'a seed is a safe integer')
    this.#seed = seed
    this.#a = mix(seed | 0)
    this.#b = mix(this.#a ^ Math.floor(seed / UINT32_RANGE))
    this.#c = mix(this.#b ^ 0x9e37_79b9)
    // The first outputs of sfc32 still show the seed; similar seeds must not give similar starts.
    for (let round = 0; round < WARM_UP_ROUNDS; round++) this.uint32()
  }

  /** An integer in [0, 2³²). */
  uint32(): number {
    const sum = (((this.#a + this.#b) | 0) + this.#counter) | 0
    this.#counter = (this.#counter + 1) | 0
    this.#a = this.#b ^ (this.#b >>> 9)
    this.#b = (this.#c + (this.#c << 3)) | 0
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0
    return sum >>> 0
  }

  /** A number in [0, 1), of 53 random bits. */
  next(): number {
    const high = this.uint32() >>> 5
    const low = this.uint32() >>> 6
    return (high * 0x400_0000 + low) / 0x20_0000_0000_0000
  }

  /** An integer in [0, `maxExclusive`). */
  integer(maxExclusive: number): number {
    assert(Number.isSafeInteger(maxExclusive), 'a bound of dice is a safe integer')
    assert(maxExclusive > 0, 'dice need at least one face')
    return Math.floor(this.next() * maxExclusive)
  }

  /** An integer in [`min`, `max`], both included. */
  range(min: number, max: number): number {
    assert(min <= max, 'a range begins before it ends')
    return min + this.integer(max - min + 1)
  }

  /** True with the given probability: 0 is never, 1 is always. */
  chance(probability: number): boolean {
    return this.next() < probability
  }

  /** One element, each equally likely. The array must not be empty. */
  pick<T>(array: readonly T[]): T {
    assert(array.length > 0, 'nothing to pick from')
    return array[this.integer(array.length)] as T
  }

  /**
   * An independent stream that depends on this one's seed and on the name only, not on how much was
   * drawn: the same name always gives the same stream from its beginning.
   */
  fork(name: string): Random {
    let low = mix(this.#seed | 0)
    let high = mix(Math.floor(this.#seed / UINT32_RANGE) ^ 0x85eb_ca6b)
    for (let index = 0; index < name.length; index++) {
      low = mix(low ^ name.charCodeAt(index))
      high = mix(high ^ Math.imul(name.charCodeAt(index), 0x9e37_79b1))
    }
    return new Random((high & 0x1f_ffff) * UINT32_RANGE + (low >>> 0))
  }
}

/** Scrambles 32 bits one to one (the finalizer of splitmix32). */
function mix(word: number): number {
  let bits = (word + 0x9e37_79b9) | 0
  bits = Math.imul(bits ^ (bits >>> 16), 0x21f0_aaad)
  bits = Math.imul(bits ^ (bits >>> 15), 0x735a_2d97)
  return bits ^ (bits >>> 15)
}
