/** Rare states as the application sees them: watches, and requests whose outcome it was never told. */
import type { Zxid } from '../../../lib/protocol/zxid.js'
import type { Observation, Read } from '../observation.js'
import { Watcher } from './watcher.js'

interface Question {
  readonly session: number
  readonly cxid: number
  readonly attached?: Zxid
}

export class ViewMarks extends Watcher {
  readonly #watchers = new Map<number, { readonly session: number; readonly view: number }>()
  /** Where each View was last taken to by a snapshot. */
  readonly #jumpedTo = new Map<number, Zxid>()
  #lastRead: Read | undefined
  readonly #firedAt = new Map<number, Zxid>()
  readonly #asked = new Map<number, Question>()
  readonly #unknown: Question[] = []

  override observed(observation: Observation): void {
    const { hit } = this.setting
    switch (observation.kind) {
      case 'read':
        this.#lastRead = observation
        return
      case 'watching': {
        const { watcher, session, view, path, position } = observation
        this.#watchers.set(watcher, { session, view })
        // A Sync form leaves its watch right after it has shown the state.
        const read = this.#lastRead
        const isOfRead = read?.view === view && read.path === path && read.position === position
        if (isOfRead && read.shown?.stat.mzxid === position) hit('watch-at-its-change')
        return
      }
      case 'jumping':
        this.#jumpedTo.set(observation.view, observation.to)
        return
      case 'heard': {
        const { watcher, event } = observation
        const known = this.#watchers.get(watcher)
        if (known === undefined) return
        const { session, view } = known
        if (this.#firedAt.get(session) === event.zxid) hit('watches-of-one-txn')
        this.#firedAt.set(session, event.zxid)
        if (this.#jumpedTo.get(view) === event.zxid) hit('watch-by-difference')
        return
      }
      case 'asked':
        this.#asked.set(observation.request, observation)
        return
      case 'settled': {
        const question = this.#asked.get(observation.request)
        this.#asked.delete(observation.request)
        if (observation.code === 'OUTCOME_UNKNOWN' && question !== undefined)
          this.#unknown.push(question)
        return
      }
      default:
    }
  }

  override finished(): void {
    const { hit, decided } = this.setting
    for (const { session, cxid, attached } of this.#unknown) {
      const isDecided = decided.answer(session, cxid, attached) !== undefined
      hit(isDecided ? 'unknown-decided' : 'unknown-never')
    }
  }
}
