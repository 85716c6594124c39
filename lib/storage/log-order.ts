/** The order of a log: no holes. Checked when it is written and again when it is read (ZOOKEEPER-4925). */
import { counterOf, epochOf } from '../protocol/zxid.js'
import type { Zxid } from '../protocol/zxid.js'

/** Whether `next` may come right after `last`: the next of its epoch, or the first of a later one. */
export function follows(last: Zxid, next: Zxid): boolean {
  if (epochOf(next) === epochOf(last)) return next === last + 1
  return next > last && counterOf(next) === 1
}
