/** The names of a znode's children at every position: all comings and goings, with the whole list noted now and then. */
import { Timeline } from './timeline.js'
import type { Zxid } from './types.js'

/** Comings and goings between two notes of the whole list. */
const NOTE_EVERY = 32

interface Step {
  readonly name: string
  readonly isThere: boolean
}

export class ChildHistory {
  readonly #steps = new Timeline<Step>()
  /** The list after each multiple of `NOTE_EVERY` steps. */
  readonly #notes: (readonly string[])[] = [[]]
  readonly #now = new Set<string>()

  set(zxid: Zxid, name: string, isThere: boolean): void {
    this.#steps.push(zxid, { name, isThere })
    if (isThere) this.#now.add(name)
    else this.#now.delete(name)
    if (this.#steps.length % NOTE_EVERY === 0) this.#notes.push([...this.#now])
  }

  /** Sorted, since the order of children means nothing. */
  at(zxid: Zxid): string[] {
    const end = this.#steps.indexAfter(zxid)
    const note = Math.floor(end / NOTE_EVERY)
    const names = new Set(this.#notes[note])
    for (let index = note * NOTE_EVERY; index < end; index += 1) {
      const step = this.#steps.get(index)!
      if (step.isThere) names.add(step.name)
      else names.delete(step.name)
    }
    return [...names].sort()
  }
}
