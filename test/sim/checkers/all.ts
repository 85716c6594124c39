/** Every checker of a run. */
import type { Decided } from '../decided.js'
import type { Checker } from '../observation.js'
import { Digests } from './digest.js'
import { Durable } from './durable.js'
import { Ephemerals } from './ephemerals.js'
import { ExactlyOnce } from './exactly-once.js'
import { Lease } from './lease.js'
import { Linearizable } from './linearizable.js'
import { OneLeader } from './one-leader.js'
import { Prefix } from './prefix.js'
import { Reads } from './reads.js'
import { Sequence } from './sequence.js'
import { SessionOrder } from './session-order.js'
import { Watches } from './watches.js'

export function allCheckers(decided: Decided): Checker[] {
  return [
    new OneLeader(),
    new Prefix(decided),
    new Digests(decided),
    new Durable(),
    new ExactlyOnce(decided),
    new SessionOrder(),
    new Linearizable(decided),
    new Ephemerals(decided),
    new Lease(),
    new Reads(decided),
    new Sequence(decided),
    new Watches(decided),
  ]
}
