/** What an ensemble under exploration is told at its birth, and how it is written as a row of numbers. */
import type { Entry } from '../../lib/zab/entry.js'
import type { MachineKind } from './machine.js'

/** Faults, and what clients ask, from here on. */
export interface Budget {
  readonly crashes: number
  readonly breaks: number
  readonly stalls: number
  readonly asks: number
  /** Times that somebody begins to lead, where elections are left to chance. */
  readonly elections: number
}

export interface WorldOptions {
  readonly kind: MachineKind
  /** What clients ask for, one after the other. */
  readonly requests: readonly string[]
  /** A new link may be up at one end before that end has heard of the old one's end. */
  readonly overlap: boolean
  /**
   * Elections are left to chance: whoever is looking may begin to lead, or to follow anybody who leads, at any moment.
   * What is safe then is safe whatever elections do; of their messages only that somebody looks again is heard.
   */
  readonly oracle: boolean
  /** A name that no two decided entries may share. */
  readonly proposedOnce: (entry: Entry<unknown>) => string | undefined
}

/** Members 0 … 2, their disks, their queues; pairs 0-1, 0-2, 1-2; the past; the budget. */
export const WIDTH = 14
export type Row = Int32Array
export const IMAGE = 3
export const QUEUE = 6
export const PAIR = 9
export const PAST = 12
export const BUDGET = 13

export function at(row: Row, index: number): number {
  return row[index] ?? 0
}
