/**
 * A watch tells of a change before the change can be read, while its View stands exactly at the txn that made it;
 * a one-shot watch once, a persistent one of every change; none is lost and none is made up.
 */
import { formatZxid } from '../../../lib/protocol/zxid.js'
import type { Zxid } from '../../../lib/protocol/zxid.js'
import type { Decided } from '../decided.js'
import { demand } from '../observation.js'
import type { Checker, Observation } from '../observation.js'
import { startOf } from './reads.js'

type Of<K extends Observation['kind']> = Extract<Observation, { readonly kind: K }>

interface Watch {
  readonly path: string
  readonly session: number
  /** Where the state that it was left on begins; unknown while the read that leaves it is under way. */
  start: Zxid | undefined
  firedAt: Zxid | undefined
}

interface Persistent {
  readonly path: string
  readonly session: number
  last: Zxid
  snapshots: number
  /** The last event came of a catch-up by snapshot: others of the same position may follow. */
  isLastOfSnapshot: boolean
}

const DATA_EVENTS = new Set(['NodeCreated', 'NodeDataChanged', 'NodeDeleted'])

export class Watches implements Checker {
  readonly name = 'watches'
  readonly #decided: Decided
  readonly #watches = new Map<number, Watch>()
  readonly #persistent = new Map<number, Persistent>()

  constructor(decided: Decided) {
    this.#decided = decided
  }

  observe(observation: Observation): void {
    switch (observation.kind) {
      case 'watched':
        return this.#onWatched(observation)
      case 'fired':
        return this.#onFired(observation)
      case 'watchedFrom': {
        const { watch, path, session, position, snapshots } = observation
        this.#persistent.set(watch, {
          path,
          session,
          last: position,
          snapshots,
          isLastOfSnapshot: false,
        })
        return
      }
      case 'heard':
        return this.#onHeard(observation)
      case 'read':
        return this.#onRead(observation)
      case 'abandoned':
      case 'ended':
        return this.#forget(observation.session)
      case 'quiet':
        return this.#onQuiet()
      default:
    }
  }

  #onWatched({ watch, session, path, shown, position }: Of<'watched'>): void {
    // Of a znode that is not there only the moment is known, and exactly: such a read is answered at once.
    const start =
      shown === undefined ? position : startOf(this.#decided, path, shown, shown.mzxid, position)
    const known = this.#watches.get(watch)
    if (known === undefined) {
      this.#watches.set(watch, { path, session, start, firedAt: undefined })
      return
    }
    known.start = start
    this.#checkNews(known)
  }

  #onFired({ watch, type, path, zxid, position }: Of<'fired'>): void {
    demand(zxid === position, this.name, () => {
      return `told of ${type} ${path} at ${formatZxid(zxid)} while the View stands at ${formatZxid(position)}`
    })
    const known = this.#watches.get(watch) ?? {
      path,
      session: 0,
      start: undefined,
      firedAt: undefined,
    }
    this.#watches.set(watch, known)
    demand(known.firedAt === undefined, this.name, () => `a one-shot watch on ${path} fired twice`)
    known.firedAt = zxid
    this.#checkNews(known)
  }

  /** What it tells of is newer than what the read that left it had shown. */
  #checkNews({ path, start, firedAt }: Watch): void {
    if (start === undefined || firedAt === undefined) return
    demand(this.#decided.changes(path, start, firedAt).length > 0, this.name, () => {
      return `the watch on ${path}, left on the state of ${formatZxid(start)}, fired for no later change, at ${formatZxid(firedAt)}`
    })
  }

  #onHeard({ watch, type, path, zxid, position, snapshots }: Of<'heard'>): void {
    const known = this.#persistent.get(watch)
    if (known === undefined) return
    demand(zxid === position, this.name, () => {
      return `told of ${type} ${path} at ${formatZxid(zxid)} while the View stands at ${formatZxid(position)}`
    })
    demand(zxid >= known.last, this.name, () => `events of ${path} go back to ${formatZxid(zxid)}`)
    if (!DATA_EVENTS.has(type)) return
    const changes = this.#decided.changes(path, known.last, zxid).length
    const isOfSnapshot =
      snapshots > known.snapshots || (known.isLastOfSnapshot && zxid === known.last)
    const isExact = changes === 1 || (isOfSnapshot && (changes > 0 || zxid === known.last))
    demand(
      isExact,
      this.name,
      () => `one event of ${path} at ${formatZxid(zxid)} for ${changes} changes`,
    )
    known.last = zxid
    known.snapshots = snapshots
    known.isLastOfSnapshot = isOfSnapshot
  }

  /** Whoever watches a path of that session must have heard of what the session now sees. */
  #onRead({ session, path, shown, position }: Of<'read'>): void {
    const start = startOf(this.#decided, path, shown, shown?.mzxid ?? 0, position)
    if (start === undefined || shown === undefined) return
    for (const watch of this.#watches.values()) {
      if (watch.session !== session || watch.path !== path || watch.firedAt !== undefined) continue
      if (watch.start === undefined) continue
      const { start: left } = watch
      demand(start <= left, this.name, () => {
        return `session ${session} reads ${path} as of ${formatZxid(start)}, and its watch, left at ${formatZxid(left)}, has not fired`
      })
    }
  }

  #forget(session: number): void {
    for (const [number, watch] of this.#watches)
      if (watch.session === session) this.#watches.delete(number)
    for (const [number, watch] of this.#persistent)
      if (watch.session === session) this.#persistent.delete(number)
  }

  #onQuiet(): void {
    for (const { path, start, firedAt } of this.#watches.values()) {
      if (start === undefined || firedAt !== undefined) continue
      demand(this.#isUnchanged(path, start), this.name, () => {
        return `the watch on ${path}, left on the state of ${formatZxid(start)}, never fired`
      })
    }
    for (const { path, last } of this.#persistent.values()) {
      demand(this.#isUnchanged(path, last), this.name, () => {
        return `the persistent watch on ${path} heard nothing after ${formatZxid(last)}`
      })
    }
  }

  /** Or changed back unseen, between two states of a View that was caught up by a snapshot. */
  #isUnchanged(path: string, since: Zxid): boolean {
    const before = this.#decided.spanAt(path, since).shown
    const after = this.#decided.spanAt(path, Infinity).shown
    return before?.mzxid === after?.mzxid && before?.czxid === after?.czxid
  }
}
