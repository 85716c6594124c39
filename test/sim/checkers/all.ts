/** Every checker of a run, and who of them is told of what. */
import { Model } from '../../model/model.js'
import type { Decided } from '../decided.js'
import type { Checker, Observation } from '../observation.js'
import type { ZnodeHistory } from '../znode-history.js'
import { Acknowledged } from './acknowledged.js'
import { Agreement } from './agreement.js'
import { Answers } from './answers.js'
import { Attachment } from './attachment.js'
import { Bounds } from './bounds.js'
import { CalmIsCalm } from './calm.js'
import { CloseSession } from './close-session.js'
import { Digests } from './digest.js'
import { Durable } from './durable.js'
import { Ephemerals } from './ephemerals.js'
import { EpochsNeverGoBack } from './epochs.js'
import { ExactlyOnce } from './exactly-once.js'
import { Fencing } from './fencing.js'
import { GlobalPrimaryOrder } from './global-primary-order.js'
import { Integrity } from './integrity.js'
import { Leadership } from './leadership.js'
import { Lease } from './lease.js'
import { Linearizable } from './linearizable.js'
import { Liveness } from './liveness.js'
import { LocalPrimaryOrder } from './local-primary-order.js'
import { Modelled } from './model.js'
import { MultiAtomicity } from './multi.js'
import { Ownership } from './ownership.js'
import { Prefix } from './prefix.js'
import { PrimaryIntegrity } from './primary-integrity.js'
import { Reads } from './reads.js'
import { Registers } from './registers.js'
import { Replay } from './replay.js'
import { Sequence } from './sequence.js'
import { SessionOrder } from './session-order.js'
import { Silence } from './silence.js'
import { TotalOrder } from './total-order.js'
import { Watches } from './watches.js'

/** True time, ms, and by how much the clocks of machines may go wrong. */
export interface SimClock {
  readonly now: () => number
  readonly drift: number
}

function allCheckers(decided: Decided, znodes: ZnodeHistory, clock: SimClock): Checker[] {
  const model = new Model()
  return [
    // Before the model, which sees nearly everything that they see, and does not say what it is.
    new Fencing(),
    new Attachment(),
    new Silence(clock.now, clock.drift),
    // Before all that ask the model about what was just decided.
    new Modelled(model),
    znodes,
    new Leadership(),
    new PrimaryIntegrity(),
    new Integrity(),
    new Agreement(),
    new TotalOrder(),
    new LocalPrimaryOrder(),
    new GlobalPrimaryOrder(),
    new EpochsNeverGoBack(),
    new Acknowledged(),
    new MultiAtomicity(znodes),
    new CloseSession(znodes),
    new Ownership(),
    new Replay(znodes),
    new Registers(),
    new Bounds(),
    new Liveness(),
    new CalmIsCalm(),
    new Prefix(decided),
    new Digests(decided),
    new Durable(),
    new ExactlyOnce(decided),
    new SessionOrder(),
    new Answers(),
    new Linearizable(decided),
    new Ephemerals(decided),
    new Lease(),
    new Reads(decided, model),
    new Sequence(decided),
    new Watches(decided, model),
  ]
}

export class Checkers {
  readonly #all: readonly Checker[]
  readonly #byKind = new Map<Observation['kind'], readonly Checker[]>()

  constructor(decided: Decided, znodes: ZnodeHistory, clock: SimClock) {
    this.#all = allCheckers(decided, znodes, clock)
  }

  /** Throws a `Violation`. */
  observe(observation: Observation): void {
    for (const checker of this.#whoSees(observation.kind)) checker.observe(observation)
  }

  /** What they have looked at. */
  get counts(): [name: string, count: number][] {
    return this.#all.flatMap(({ counts }) => (counts === undefined ? [] : [...counts]))
  }

  #whoSees(kind: Observation['kind']): readonly Checker[] {
    const known = this.#byKind.get(kind)
    if (known !== undefined) return known
    const found = this.#all.filter(({ sees }) => sees === undefined || sees.includes(kind))
    this.#byKind.set(kind, found)
    return found
  }
}
