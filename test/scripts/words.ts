/** The words of one command, taken one after another. */
import { formatZxid, makeZxid } from '../../lib/protocol/zxid.js'
import type { Zxid } from '../../lib/protocol/zxid.js'

export class Words {
  readonly #words: string[]

  constructor(line: string) {
    this.#words = line.split(/\s+/).filter((word) => word !== '')
  }

  get isAtEnd(): boolean {
    return this.#words.length === 0
  }

  peek(): string | undefined {
    return this.#words[0]
  }

  /** Takes the next word, if it is this one. */
  accept(word: string): boolean {
    if (this.#words[0] !== word) return false
    this.#words.shift()
    return true
  }

  next(what: string): string {
    const word = this.#words.shift()
    if (word === undefined) throw new Error(`${what} is missing`)
    return word
  }

  rest(): string {
    return this.#words.splice(0).join(' ')
  }

  number(what: string): number {
    const word = this.next(what)
    if (!/^\d+$/.test(word)) throw new Error(`${what} is a number, not ${word}`)
    return Number(word)
  }

  /** All numbers that come next, at least one. */
  numbers(what: string): number[] {
    const numbers = [this.number(what)]
    while (/^\d+$/.test(this.peek() ?? '')) numbers.push(this.number(what))
    return numbers
  }

  /** `epoch:counter`. */
  zxid(): Zxid {
    const word = this.next('a zxid')
    const [epoch = NaN, counter = NaN] = word.split(':').map(Number)
    const zxid = makeZxid(epoch, counter)
    if (formatZxid(zxid) !== word) throw new Error(`${word} is no zxid`)
    return zxid
  }

  /** `1-2`. */
  pair(): readonly [number, number] {
    const word = this.next('a pair')
    const [, a, b] = /^(\d+)-(\d+)$/.exec(word) ?? []
    if (a === undefined || b === undefined) throw new Error(`a pair is 1-2, not ${word}`)
    return [Number(a), Number(b)]
  }

  /** `1->2`; `1->2'` is the direction of the last link but one. */
  arrow(): { readonly from: number; readonly to: number; readonly age: number } {
    const word = this.next('a direction')
    const [, from, to, marks = ''] = /^(\d+)->(\d+)('*)$/.exec(word) ?? []
    if (from === undefined || to === undefined) throw new Error(`a direction is 1->2, not ${word}`)
    return { from: Number(from), to: Number(to), age: marks.length }
  }

  /** `name=number`, as many as come. */
  settings(): Record<string, number> {
    const settings: Record<string, number> = {}
    while (!this.isAtEnd) {
      const [name = '', value = ''] = this.next('a setting').split('=')
      if (!/^\d+$/.test(value)) throw new Error(`a setting is name=number, not ${name}=${value}`)
      settings[name] = Number(value)
    }
    return settings
  }

  end(): void {
    if (!this.isAtEnd) throw new Error(`too much: ${this.rest()}`)
  }
}
