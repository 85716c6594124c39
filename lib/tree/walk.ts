/**
 * A walk over a tree that goes on changing: the znodes of a fuzzy snapshot, in slices.
 *
 * It follows the live order of creation. A znode deleted before the walk comes to it is left out,
 * one that was created after the start is left to the log, and one that changed is taken as it is
 * when the walk comes to it; the log from the start to the end of the walk makes all of that exact
 * (replay.ts).
 */
import { OPEN_ACL } from '../protocol/acl.js'
import type { Zxid } from '../protocol/zxid.js'
import { bytesOfAcl } from './access.js'
import type { ZnodeRecord } from './record.js'
import type { Znode } from './znode.js'

/** Bytes of a row beside its path and data, about. */
const RECORD_BYTES = 100

export class Walk {
  /** Position of the tree when the walk began. */
  readonly start: Zxid
  readonly #znodes: Iterator<[string, Znode]>
  #done: boolean = false

  /** @param znodes The tree's own map, in order of creation. */
  constructor(start: Zxid, znodes: ReadonlyMap<string, Znode>) {
    this.start = start
    this.#znodes = znodes.entries()
  }

  /** Every znode that the snapshot needs has been given out. */
  get done(): boolean {
    return this.#done
  }

  /**
   * The next rows, parents first, until they reach about `bytesMax` (at least one row, unless there
   * is none). Data is shared with the tree, not copied. An empty array only at the end.
   */
  next(bytesMax: number): ZnodeRecord[] {
    const records: ZnodeRecord[] = []
    let bytes = 0
    while (!this.#done && bytes < bytesMax) {
      const step = this.#znodes.next()
      // Creation order is zxid order, so nothing after the first newer znode is older than the
      // start.
      if (step.done === true || step.value[1].czxid > this.start) {
        this.#done = true
        break
      }
      const [path, znode] = step.value
      records.push(znode.toRecord(path))
      bytes += RECORD_BYTES + path.length + (znode.data?.length ?? 0) + sizeOfAcl(znode)
    }
    return records
  }
}

/** Most znodes have none of their own. */
function sizeOfAcl({ acl }: Znode): number {
  return acl === OPEN_ACL ? 0 : bytesOfAcl(acl)
}
