/**
 * Every watcher is told exactly what the model says: of each change once, of its type and zxid, while its View stands
 * at that very txn and before anything of the session shows its state; after a snapshot of what is left of the changes.
 * A one-shot watch fires once, and nothing is lost or made up.
 */
import { formatZxid } from '../../../lib/protocol/zxid.js'
import type { WatchEvent } from '../../../lib/protocol/watch-event.js'
import type { Zxid } from '../../../lib/protocol/zxid.js'
import type { Model } from '../../model/model.js'
import { isAllowed } from '../../model/access.js'
import { PERMS } from '../../model/types.js'
import type { WatchKind } from '../../model/types.js'
import { Watcher } from '../../model/watcher.js'
import type { Catchup } from '../../model/watcher.js'
import type { Decided } from '../decided.js'
import { demand } from '../observation.js'
import type { Checker, Observation, Reading } from '../observation.js'
import { Positions } from './positions.js'

type Of<K extends Observation['kind']> = Extract<Observation, { readonly kind: K }>

interface Known {
  readonly number: number
  readonly view: number
  readonly session: number
  readonly watcher: Watcher
  readonly isBuffered: boolean
  /** Its session has ended, or nobody takes any more: what it keeps may still be taken. */
  isOver: boolean
  /** What it must be told next: events in their order, and what is left to tell of a snapshot. */
  readonly owed: (WatchEvent | Catchup)[]
  /** What it may be told: the removal of a watch of which it is not known yet whether its read was refused. */
  possible: readonly WatchEvent[]
}

export class Watches implements Checker {
  readonly name = 'watches'
  readonly sees = [
    'opened',
    'jumping',
    'reading',
    'read',
    'refused',
    'watching',
    'heard',
    'unwatched',
    'dropped',
    'ended',
    'abandoned',
    'quiet',
  ] as const
  readonly counts: Map<string, number> = new Map([['eventsChecked', 0]])
  readonly #decided: Decided
  readonly #model: Model
  readonly #positions: Positions
  readonly #known = new Map<number, Known>()
  readonly #bySession = new Map<number, Set<Known>>()
  /** Watchers of reads that have left their watch before they were answered. */
  readonly #left = new Set<number>()
  /** Sessions that have ended: they watch nothing, even if the answer to a read is still on its way. */
  readonly #over = new Set<number>()

  constructor(decided: Decided, model: Model) {
    this.#decided = decided
    this.#model = model
    this.#positions = new Positions(decided)
  }

  observe(observation: Observation): void {
    this.#positions.observe(observation)
    switch (observation.kind) {
      case 'watching':
        return this.#onWatching(observation)
      case 'heard':
        return this.#onHeard(observation)
      case 'read':
        return this.#onRead(observation)
      case 'refused':
        this.#positions.take(observation.read)
        return
      case 'unwatched':
        return this.#onUnwatched(observation)
      case 'dropped':
        return this.#end(this.#known.get(observation.watcher))
      case 'ended':
        this.#settle(observation.session, observation.position, true)
        return this.#forgetSession(observation.session)
      case 'abandoned':
        return this.#forgetSession(observation.session)
      case 'quiet':
        return this.#onQuiet()
      default:
    }
  }

  #onWatching(watching: Of<'watching'>): void {
    const { watcher, view, session, path, watch, position, isInCallback, isBuffered } = watching
    const known =
      this.#known.get(watcher) ?? this.#add(watcher, view, session, position, isBuffered)
    this.#advance(known, position, !isInCallback)
    known.watcher.watch(path, watch)
  }

  #onHeard({ watcher, event, position }: Of<'heard'>): void {
    const { type, path, zxid } = event
    const what = `${type} ${path} at ${formatZxid(zxid)}`
    this.counts.set('eventsChecked', (this.counts.get('eventsChecked') ?? 0) + 1)
    const known = this.#known.get(watcher) ?? this.#ofReading(watcher)
    demand(known !== undefined, this.name, () => `${what} was told to nobody who watches`)
    if (known === undefined) return
    demand(known.isBuffered || zxid === position, this.name, () => {
      return `${what} was told while the View stands at ${formatZxid(position)}`
    })
    this.#advance(known, position, false)
    const [removal, ...others] = known.possible
    if (removal !== undefined && isNext(removal, event)) {
      known.possible = others
      return this.#forgetIdle(known)
    }
    const [next] = known.owed
    demand(next !== undefined && isNext(next, event), this.name, () => {
      return `watcher ${watcher} was told of ${what}, next is ${describe(next)}`
    })
    if (next === undefined) return
    if ('type' in next || next.pending.length === 0) known.owed.shift()
    this.#forgetIdle(known)
  }

  /** What the session now sees, its watchers must have been told of. */
  #onRead({ read, session, position, isInCallback, shown }: Of<'read'>): void {
    if (read === undefined) return this.#settle(session, position, !isInCallback)
    const reading = this.#positions.take(read)
    if (reading?.watcher === undefined || this.#left.delete(reading.watcher)) return
    if (this.#over.has(session)) return
    if (shown !== undefined || reading.what === 'exists') this.#leave(reading)
  }

  #onUnwatched(unwatched: Of<'unwatched'>): void {
    const { watcher, session, path, position, watch, isSilent } = unwatched
    // Reads that were evaluated and not answered have left their watches too.
    for (const reading of this.#positions.readings) {
      if (reading.session !== session || reading.path !== path) continue
      if ((this.#positions.evaluatedAt(reading) ?? Infinity) <= position && isPlain(reading)) {
        this.#ofReading(reading.watcher)
      }
    }
    const all = this.#bySession.get(session) ?? []
    for (const known of watcher === undefined ? [...all] : [this.#known.get(watcher)]) {
      if (known === undefined || known.isOver) continue
      this.#advance(known, position, true)
      const events = known.watcher.unwatch(path, watch)
      if (isSilent !== true) {
        if (this.#left.has(known.number)) known.possible = events
        else known.owed.push(...events)
      }
      this.#forgetIdle(known)
    }
  }

  #onQuiet(): void {
    const last = this.#decided.last?.zxid ?? 0
    for (const known of this.#known.values()) {
      if (known.isOver) continue
      this.#advance(known, last, true)
      this.#nothingOwed(known)
    }
  }

  /** The watcher of a read that was evaluated, but not answered yet. */
  #ofReading(watcher: number): Known | undefined {
    if (this.#left.has(watcher)) return this.#known.get(watcher)
    for (const reading of this.#positions.readings) {
      if (reading.watcher !== watcher) continue
      const known = this.#leave(reading)
      if (known !== undefined) this.#left.add(watcher)
      return known
    }
    return undefined
  }

  /** The read has left its watch, if it found what it wants to watch. */
  #leave(reading: Reading): Known | undefined {
    const { watcher, view, session, what, path } = reading
    const position = this.#positions.evaluatedAt(reading)
    if (watcher === undefined || position === undefined) return undefined
    const znode = this.#model.znodeAt(path, position)
    if (what !== 'exists' && znode === undefined) return undefined
    const auth = this.#positions.authOf(session)
    if (znode !== undefined && !isAllowed(znode.acl, PERMS.READ, auth)) return undefined
    const left = this.#add(watcher, view, session, position, false)
    const kind: WatchKind = what === 'getChildren' ? 'child' : 'data'
    left.watcher.watch(path, kind)
    return left
  }

  #add(number: number, view: number, session: number, position: Zxid, isBuffered: boolean): Known {
    const watcher = new Watcher(this.#model, position, this.#positions.authOf(session))
    const what = { owed: [], possible: [] }
    const known: Known = { number, view, session, watcher, isBuffered, isOver: false, ...what }
    this.#known.set(number, known)
    const others = this.#bySession.get(session)
    if (others === undefined) this.#bySession.set(session, new Set([known]))
    else others.add(known)
    return known
  }

  /** All watchers of the session have been told of everything up to there. */
  #settle(session: number, position: Zxid, isComplete: boolean): void {
    for (const known of this.#bySession.get(session) ?? []) {
      this.#advance(known, position, isComplete)
    }
  }

  /** @param isComplete It must have been told of what happened at `position` itself, too. */
  #advance(known: Known, position: Zxid, isComplete: boolean): void {
    const { watcher, view, owed } = known
    if (position > watcher.position) {
      for (const { from, to } of this.#positions.jumps(view, watcher.position, position)) {
        if (to <= watcher.position) continue
        this.#move(known, from)
        this.#toldAll(known)
        const catchup = watcher.jump(to)
        if (catchup.pending.length > 0) owed.push(catchup)
      }
      this.#move(known, position)
    }
    if (isComplete) this.#toldAll(known)
  }

  /** Over txns, one by one. */
  #move(known: Known, position: Zxid): void {
    const { watcher, owed } = known
    if (position <= watcher.position) return
    // Whatever is still owed is of before.
    this.#toldAll(known)
    const events = watcher.advance(position)
    const early = events.find(({ zxid }) => zxid < position)
    demand(known.isBuffered || early === undefined, this.name, () => {
      return `watcher ${known.number} was never told of ${describe(early)}`
    })
    owed.push(...events)
  }

  #toldAll(known: Known): void {
    if (!known.isBuffered) this.#nothingOwed(known)
  }

  #nothingOwed({ number, owed }: Known): void {
    demand(owed.length === 0, this.name, () => {
      return `watcher ${number} was never told of ${describe(owed[0])}`
    })
  }

  #forgetIdle(known: Known): void {
    const { watcher, owed, possible } = known
    if (watcher.isIdle && owed.length === 0 && possible.length === 0) this.#forget(known)
  }

  #forget(known: Known | undefined): void {
    if (known === undefined) return
    this.#known.delete(known.number)
    this.#bySession.get(known.session)?.delete(known)
  }

  #forgetSession(session: number): void {
    for (const known of this.#bySession.get(session) ?? []) this.#end(known)
    this.#bySession.delete(session)
    this.#over.add(session)
  }

  #end(known: Known | undefined): void {
    if (known?.isBuffered === true) known.isOver = true
    else this.#forget(known)
  }
}

function isPlain(reading: Reading): reading is Reading & { readonly watcher: number } {
  return reading.watcher !== undefined
}

function isNext(next: WatchEvent | Catchup, event: WatchEvent): boolean {
  if (!('type' in next)) return next.take(event)
  return next.type === event.type && next.path === event.path && next.zxid === event.zxid
}

function describe(owed: WatchEvent | Catchup | undefined): string {
  if (owed === undefined) return 'nothing'
  if (!('type' in owed)) return `one of ${owed.pending.map(describe).join(', ')}, by a snapshot`
  return `${owed.type} ${owed.path} at ${formatZxid(owed.zxid)}`
}
