/**
 * The zxid: position of a txn in the total order, `epoch × 2³² + counter`, kept as a safe integer.
 *
 * Comparing two zxids is comparing two numbers. An epoch stays below 2²¹ so that the product is exact;
 * the counter of an epoch runs 1 … 2³² − 1, and a leader whose counter ends makes room for a new epoch
 * (ZOOKEEPER-1277). Counter 0 names the start of an epoch and never carries a txn.
 */
import { assert } from '../base/assert.js'

/** `epoch × 2³² + counter`; 0 is "before the first txn". */
export type Zxid = number

/** Number of a leader's reign; a safe integer below {@link EPOCH_MAX}. */
export type Epoch = number

const COUNTERS = 2 ** 32

/** First epoch that would no longer give exact zxids. */
export const EPOCH_MAX: Epoch = 2 ** 21

/** Last counter of an epoch; a leader that reaches it resigns instead of proposing. */
export const COUNTER_MAX: number = COUNTERS - 1

export function makeZxid(epoch: Epoch, counter: number): Zxid {
  assert(Number.isInteger(epoch) && epoch >= 0 && epoch < EPOCH_MAX, 'an epoch is below 2^21')
  assert(Number.isInteger(counter) && counter >= 0 && counter < COUNTERS, 'a counter is a uint32')
  return epoch * COUNTERS + counter
}

export function epochOf(zxid: Zxid): Epoch {
  return Math.floor(zxid / COUNTERS)
}

export function counterOf(zxid: Zxid): number {
  return zxid % COUNTERS
}

/** `epoch:counter`, for traces and messages. */
export function formatZxid(zxid: Zxid): string {
  return `${epochOf(zxid)}:${counterOf(zxid)}`
}

/**
 * True if `next` may stand right after `last` in a log: the next of its epoch, or the first of a later one. Checked
 * wherever a log is written, sent or read back (ZOOKEEPER-4925).
 */
export function follows(last: Zxid, next: Zxid): boolean {
  if (epochOf(last) === epochOf(next)) return next === last + 1
  return next > last && counterOf(next) === 1
}
