/** Which marks, and which kinds of faults, so many seeds should have seen, and did not. */
import { FAULT_KINDS } from '../faults/kinds.js'
import { MARK_NAMES } from './table.js'

/** So many seeds see nearly everything. */
export const SEEDS = 300

/** What is rarer than that, and the seeds after which it must have been seen. */
export const RARER: ReadonlyMap<string, number> = new Map<string, number>([
  ['snap-cut-before-nodes', 2000],
  ['snap-cut-before-newleader', 3000],
  ['snapshot-void', 5000],
  ['trunc', 2000],
  ['register-closes', 1500],
  ['request-after-close-proposed', 2000],
  ['ephemeral-after-close-proposed', 4000],
  ['expiry-with-own-write', 5000],
])

/**
 * @param marks  How often each mark was seen.
 * @param counts  How often each kind of fault happened.
 */
export function unseen(
  marks: ReadonlyMap<string, number>,
  counts: ReadonlyMap<string, number>,
  seeds: number,
): string[] {
  const isDue = (name: string): boolean => seeds >= (RARER.get(name) ?? SEEDS)
  return [
    ...MARK_NAMES.filter((name) => !marks.has(name) && isDue(name)),
    ...FAULT_KINDS.filter((kind) => !counts.has(kind) && isDue(kind)),
  ]
}
