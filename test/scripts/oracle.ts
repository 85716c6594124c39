/**
 * What every script demands, whatever its own expectations are: what is applied is the same everywhere, in one order, and on
 * the disks of a majority; nobody acknowledges what its disk does not hold; an epoch has one established leader.
 */
import { formatZxid } from '../../lib/protocol/zxid.js'
import type { Epoch, Zxid } from '../../lib/protocol/zxid.js'
import type { Core } from '../../lib/replica/core.js'
import type { Message } from '../../lib/replica/message.js'
import type { Txn } from '../../lib/tree/txn.js'
import { majorityOf } from '../../lib/zab/election.js'
import type { Entry } from '../../lib/zab/entry.js'
import { describeEntry } from './describe.js'
import type { Member } from './member.js'

interface Decided {
  readonly by: number
  readonly words: string
  readonly digest: number
}

export class Oracle {
  readonly #members: () => readonly Member[]
  readonly #complain: (complaint: string) => void
  readonly #decided = new Map<Zxid, Decided>()
  readonly #leaders = new Map<Epoch, number>()

  constructor(members: () => readonly Member[], complain: (complaint: string) => void) {
    this.#members = members
    this.#complain = complain
  }

  /** That member's state went from `from` to where it is now. */
  applied(id: number, from: Zxid, core: Core): void {
    const { tree, history } = core
    if (tree.lastZxid <= from) return
    if (history.base <= from) this.#appliedOneByOne(id, history.between(from, tree.lastZxid), from)
    const known = this.#decided.get(tree.lastZxid)
    if (known !== undefined && known.digest !== tree.digest) {
      this.#complain(`${id} has another state at ${formatZxid(tree.lastZxid)} than ${known.by} had`)
    }
  }

  established(id: number, epoch: Epoch): void {
    const other = this.#leaders.get(epoch)
    if (other !== undefined && other !== id)
      this.#complain(`${id} leads in epoch ${epoch}, in which ${other} led`)
    this.#leaders.set(epoch, id)
  }

  sent({ id, disk }: Member, message: Message): void {
    if (message.kind === 'ack' || message.kind === 'ackNewLeader') {
      const zxid = message.kind === 'ack' ? message.zxid : message.lastZxid
      if (zxid > disk.lastZxid)
        this.#complain(
          `${id} acknowledges ${formatZxid(zxid)}, its disk ends at ${formatZxid(disk.lastZxid)}`,
        )
    }
    if (message.kind === 'ackNewLeader' && disk.meta.currentEpoch < message.epoch)
      this.#complain(
        `${id} acknowledges epoch ${message.epoch}, its disk has adopted ${disk.meta.currentEpoch}`,
      )
    if (message.kind === 'ackEpoch' && message.fresh && disk.meta.acceptedEpoch < message.epoch)
      this.#complain(
        `${id} promises epoch ${message.epoch}, its disk has accepted ${disk.meta.acceptedEpoch}`,
      )
  }

  #appliedOneByOne(id: number, entries: readonly Entry<Txn>[], from: Zxid): void {
    const last = entries.at(-1)?.zxid ?? from
    const zxids = new Set(entries.map(({ zxid }) => zxid))
    for (const zxid of this.#decided.keys()) {
      if (zxid > from && zxid <= last && !zxids.has(zxid))
        this.#complain(`${id} goes past ${formatZxid(zxid)} without applying it`)
    }
    for (const entry of entries) this.#appliedOne(id, entry)
  }

  #appliedOne(id: number, entry: Entry<Txn>): void {
    const words = describeEntry(entry)
    const known = this.#decided.get(entry.zxid)
    if (known === undefined) {
      this.#decided.set(entry.zxid, { by: id, words, digest: entry.txn.digest })
      return this.#checkDisks(id, entry)
    }
    if (known.words !== words || known.digest !== entry.txn.digest)
      this.#complain(`${id} applies ${words}, where ${known.by} applied ${known.words}`)
  }

  /** On so many disks that no majority lacks it. */
  #checkDisks(id: number, entry: Entry<Txn>): void {
    const voters = this.#members().filter(({ isVoter }) => isVoter)
    const holders = voters.filter(({ disk }) => {
      return entry.zxid <= disk.base || disk.entries.some((each) => isSame(each, entry))
    })
    if (holders.length >= majorityOf(voters.length)) return
    const where = holders.map((each) => each.id).join(' ')
    this.#complain(
      `${id} applies ${describeEntry(entry)}, which is on the disks of [${where}] only`,
    )
  }
}

function isSame(a: Entry<Txn>, b: Entry<Txn>): boolean {
  return a.zxid === b.zxid && a.txn.digest === b.txn.digest
}
