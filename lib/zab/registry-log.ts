/**
 * Which database votes for each voter id, as the log says at its very end, committed or not.
 *
 * A grant counts from the moment it is in *my* log: a stale leader that believes itself established must not
 * be able to make a majority with a database that has been replaced. Truncating the log takes it back.
 */
import { assert } from '../base/assert.js'
import type { Zxid } from '../protocol/zxid.js'
import type { Incarnation } from '../protocol/member.js'
import type { Registration, Registry, RegistryRow } from './entry.js'

export class RegistryLog {
  #base: Registry
  /** Registrations above the base, ascending. */
  #tail: { readonly zxid: Zxid; readonly registration: Registration }[] = []
  #rows: Map<number, RegistryRow>

  constructor(base: Registry) {
    this.#base = base
    this.#rows = rowsOf(base)
  }

  /** No formation has happened, as far as this database knows. */
  get isEmpty(): boolean {
    return this.#rows.size === 0
  }

  /** This opening of this database is the one that votes for its id (or a newer opening of it). */
  matches(replica: number, incarnation: Incarnation): boolean {
    const row = this.#rows.get(replica)
    if (row === undefined || row.databaseId !== incarnation.databaseId) return false
    return !isOldCopy(row, incarnation)
  }

  /** The newest known opening of the database that votes, if this one is of a copy that was left behind. */
  newerThan(replica: number, incarnation: Incarnation): Incarnation | undefined {
    const row = this.#rows.get(replica)
    if (row === undefined || row.databaseId !== incarnation.databaseId) return undefined
    if (!isOldCopy(row, incarnation)) return undefined
    return {
      databaseId: row.databaseId,
      incarnation: row.incarnation,
      incarnationKey: row.incarnationKey,
    }
  }

  /** The registry as of the end of the log. */
  snapshot(asOf: Zxid): Registry {
    const voters = [...this.#rows.values()].sort((a, b) => a.replica - b.replica)
    return { asOf, voters }
  }

  add(zxid: Zxid, registration: Registration): void {
    // The base may come from a NEWLEADER that told of entries which are being logged again.
    if (zxid <= this.#base.asOf) return
    assert((this.#tail.at(-1)?.zxid ?? 0) < zxid, 'registrations ascend')
    this.#tail.push({ zxid, registration })
    apply(this.#rows, registration)
  }

  truncate(after: Zxid): void {
    const length = this.#tail.length
    while ((this.#tail.at(-1)?.zxid ?? 0) > after) this.#tail.pop()
    if (this.#tail.length !== length) this.#recount()
  }

  /** Entries up to `upTo` leave the log: what they said becomes part of the base. Returns the new base. */
  fold(upTo: Zxid): Registry {
    const rows = rowsOf(this.#base)
    for (const { zxid, registration } of this.#tail) if (zxid <= upTo) apply(rows, registration)
    const voters = [...rows.values()].sort((a, b) => a.replica - b.replica)
    this.#base = { asOf: Math.max(upTo, this.#base.asOf), voters }
    this.#tail = this.#tail.filter(({ zxid }) => zxid > upTo)
    return this.#base
  }

  /** Takes a leader's registry as the base; entries above its position stay on top. */
  replace(base: Registry): void {
    this.#base = base
    this.#tail = this.#tail.filter(({ zxid }) => zxid > base.asOf)
    this.#recount()
  }

  #recount(): void {
    this.#rows = rowsOf(this.#base)
    for (const { registration } of this.#tail) apply(this.#rows, registration)
  }
}

function rowsOf(registry: Registry): Map<number, RegistryRow> {
  return new Map(registry.voters.map((row) => [row.replica, row]))
}

function apply(rows: Map<number, RegistryRow>, registration: Registration): void {
  const row = rows.get(registration.replica)
  const same = row?.databaseId === registration.databaseId
  // Without a vote, another database under the same id proves nothing and changes nothing.
  if (!registration.vote && !same) return
  // Nor does an opening that a later one has left behind.
  if (!registration.vote && row !== undefined && isOldCopy(row, registration)) return
  const { replica, databaseId, incarnation, incarnationKey } = registration
  rows.set(replica, { replica, databaseId, incarnation, incarnationKey })
}

/** Of two openings of one database: the second is of a copy that the first has left behind. */
export function isOldCopy(
  newest: Incarnation,
  { incarnation, incarnationKey }: Incarnation,
): boolean {
  if (incarnation > newest.incarnation) return false
  return incarnation < newest.incarnation || incarnationKey !== newest.incarnationKey
}
