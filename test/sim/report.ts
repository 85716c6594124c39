/** What a thread tells of one run, and what it is asked: plain data that crosses between threads. */
import type { Outcome } from './simulation.js'
import type { SimOptions } from './options.js'

export interface Task {
  readonly seed: number
  /** Instead of what is drawn from the seed. */
  readonly options?: SimOptions | undefined
  /** Run it a second time, and see the same. */
  readonly twice: boolean
}

export interface Report extends Omit<Outcome, 'violation'> {
  readonly violation: string | undefined
  /** Who found it: the name before the colon. */
  readonly checker: string | undefined
  /** Real ms. */
  readonly ms: number
  /** Its thread is of no use for another run. */
  readonly isOver: boolean
}

export function isRed({ violation }: Report): boolean {
  return violation !== undefined
}

/** A run that has no outcome of its own. */
export function failure(seed: number, violation: string): Report {
  return {
    seed,
    hash: '',
    events: 0,
    virtualMs: 0,
    faults: 0,
    decided: 0,
    counts: {},
    marks: {},
    violation,
    checker: checkerOf(violation),
    ms: 0,
    isOver: true,
  }
}

export function reportOf(outcome: Outcome, ms: number): Report {
  const violation = outcome.violation?.message
  return { ...outcome, violation, checker: violation && checkerOf(violation), ms, isOver: false }
}

/** The name of a checker stands before the first colon; what threw by itself is an assertion of the library. */
export function checkerOf(violation: string): string {
  if (violation.includes('InvariantError')) return 'assertion'
  return /^([a-z][a-z -]*): /.exec(violation)?.[1] ?? 'crash'
}
