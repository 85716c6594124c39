/** Rare states of disks: what a process starts with, what it has lost, and how the ensemble takes it back. */
import type { Core } from '../../../lib/replica/core.js'
import type { Recovered } from '../../../lib/replica/recovered.js'
import type { Process } from '../../../lib/testing/process.js'
import type { Txn } from '../../../lib/tree/txn.js'
import type { Entry } from '../../../lib/zab/entry.js'
import { Leading } from '../../../lib/zab/leading.js'
import { Watcher } from './watcher.js'
import type { Step } from './watcher.js'

export class RestartMarks extends Watcher {
  readonly #closing = new WeakSet<Process>()

  override stepped({ process, input, effects }: Step): void {
    if (input.kind === 'start') this.#started(process, input.recovered)
    if (input.kind === 'close') this.#closing.add(process)
    if (input.kind !== 'message' || input.message.kind !== 'oldCopy') return
    const isRecognized = effects.some((effect) => effect.kind === 'closeLink')
    if (isRecognized) this.setting.hit('old-copy-recognized')
  }

  override ended(process: Process, core: Core): void {
    const { hit } = this.setting
    const isGone = process.gone[0] === 1
    // Gone before it was killed: closed in good order, or over since its storage failed.
    if (!isGone) return
    if (this.#closing.has(process)) return hit('closed')
    hit(core.peer.role instanceof Leading ? 'storage-failed-leader' : 'storage-failed-follower')
  }

  override decided({ txn: { body } }: Entry<Txn>): void {
    if (body.kind === 'register' && body.vote) this.setting.hit('vote-regained')
    if (body.kind === 'register' && body.closed.length > 0) this.setting.hit('register-closes')
  }

  #started({ machine }: Process, recovered: Recovered): void {
    const { world, decided, hit } = this.setting
    const { meta, base, entries, snapshot, incarnation } = recovered
    if (meta.acceptedEpoch > meta.currentEpoch) hit('start-promised-not-adopted')
    const last = entries.at(-1)?.zxid ?? base
    const end = snapshot?.tail.end ?? 0
    if (snapshot !== undefined && last > end) hit('start-snapshot-and-log')
    if (snapshot !== undefined && end > snapshot.tail.start) hit('start-fuzzy-snapshot')
    if (snapshot !== undefined && last === end) hit('start-snapshot-alone')
    if (world.options.size === 1 && incarnation > 1 && last > 0) hit('start-single-member')
    if (recovered.damage !== undefined) hit('start-damaged')
    if (incarnation === 1 && decided.last !== undefined) hit('start-wiped')
    if (last > (decided.last?.zxid ?? 0) && machine.disk.meta.voter) hit('start-undecided-tail')
  }
}
