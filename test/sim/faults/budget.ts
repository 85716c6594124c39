/**
 * What an ensemble must survive. Crashes, pauses and broken links are free. Losing data is not: a majority of the
 * databases that vote keeps what it has, always. And an old copy comes back only where the others can recognize it:
 *
 * - Every other database that votes must know, decided and on its disk, of a newer opening than the copy's: a member
 *   that does not cannot tell the copy from a restart, and neither can anybody in its place.
 * - The copy must not be opened as often as the original was: then its counter says nothing any more.
 */
import type { Disk } from '../../../lib/testing/disk.js'
import type { Machine } from '../../../lib/testing/machine.js'
import type { World } from '../../../lib/testing/world.js'
import { majorityOf } from '../../../lib/zab/election.js'
import { isSame } from '../checkers/prefix.js'
import type { Decided } from '../decided.js'

interface OldCopy {
  readonly databaseId: string
  /** Newest opening of the original that everybody else knows; Infinity if they know it by another name. */
  readonly incarnation: number
}

export class Budget {
  readonly #world: World
  readonly #decided: Decided
  readonly #oldCopies = new Map<Machine, OldCopy>()
  #isSpent = false

  constructor(world: World, decided: Decided) {
    this.#world = world
    this.#decided = decided
  }

  /** True while a majority of the databases that vote keeps its data without this one. */
  mayLose(machine: Machine): boolean {
    if (this.#isSpent) return false
    const { machines, options } = this.#world
    const voting = machines.filter((each) => each !== machine && each.isVoting)
    return voting.length >= majorityOf(options.size)
  }

  /** The data of that machine is not what it was. */
  lose(machine: Machine): void {
    machine.lostDatabaseId = machine.disk.meta.databaseId
    this.#oldCopies.delete(machine)
  }

  /** More is lost than can be survived: from now on nothing more is. */
  spend(): void {
    this.#isSpent = true
  }

  mayRestore(machine: Machine, copy: Disk): boolean {
    return this.mayLose(machine) && this.#knownBy(machine, copy) > copy.incarnation
  }

  restore(machine: Machine, copy: Disk): void {
    const known = this.#knownBy(machine, copy)
    machine.disk = copy
    this.lose(machine)
    this.#oldCopies.set(machine, { databaseId: copy.meta.databaseId, incarnation: known })
  }

  /** Its database is an old copy, and has not been told so yet. */
  isOldCopy(machine: Machine): boolean {
    const { databaseId, voter } = machine.disk.meta
    return voter && this.#oldCopies.get(machine)?.databaseId === databaseId
  }

  /** An old copy must be told from the original as long as its counter can tell it. */
  mayRestart(machine: Machine): boolean {
    if (!this.isOldCopy(machine)) return true
    return machine.disk.incarnation < (this.#oldCopies.get(machine)?.incarnation ?? 0)
  }

  /** The newest opening of that database that is decided and on the disk of everybody else who votes; 0 if none. */
  #knownBy(machine: Machine, copy: Disk): number {
    const { databaseId } = copy.meta
    const others = this.#world.machines.filter((each) => each !== machine && each.isVoting)
    // Grants to names that it had before this one tell nobody that the copy is old.
    const named = this.#decided.entries.findLast(({ registration }) => {
      return registration?.replica === machine.id && registration.databaseId === databaseId
    })
    const entry = this.#decided.entries.findLast(({ zxid, txn, registration }) => {
      if (registration === undefined || registration.replica !== machine.id) return false
      const isNewer =
        registration.databaseId === databaseId
          ? registration.incarnation > copy.incarnation
          : registration.vote && zxid > (named?.zxid ?? 0)
      return isNewer && others.every(({ disk }) => holds(disk, { zxid, txn }))
    })
    if (entry?.registration === undefined) return 0
    return entry.registration.databaseId === databaseId ? entry.registration.incarnation : Infinity
  }
}

function holds(disk: Disk, entry: Parameters<typeof isSame>[0]): boolean {
  if (disk.base >= entry.zxid) return true
  const found = disk.entries.findLast(({ zxid }) => zxid <= entry.zxid)
  return found !== undefined && isSame(found, entry)
}
