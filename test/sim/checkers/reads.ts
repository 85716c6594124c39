/**
 * A read shows a state that the znode really had, at a position that never goes back within a session and is never
 * behind the session's own writes that were issued before it.
 */
import { formatZxid } from '../../../lib/protocol/zxid.js'
import type { SessionId } from '../../../lib/protocol/request.js'
import type { Zxid } from '../../../lib/protocol/zxid.js'
import type { Decided, Span } from '../decided.js'
import { demand } from '../observation.js'
import type { Asked, Checker, Observation, Shown } from '../observation.js'

export class Reads implements Checker {
  readonly name = 'reads'
  readonly #decided: Decided
  /** Oldest position at which the session can stand, by all that it has seen. */
  readonly #floor = new Map<number, Zxid>()
  /** The same by its asynchronous reads alone: they are evaluated in their order. */
  readonly #readFloor = new Map<number, Zxid>()
  readonly #numbers = new Map<SessionId, number>()
  readonly #ids = new Map<number, SessionId>()
  readonly #asked = new Map<number, Asked>()
  /** Of reads that are not answered: what the session had seen when it issued them, and its last request. */
  readonly #reading = new Map<number, { readonly floor: Zxid; readonly afterCxid: number }>()

  constructor(decided: Decided) {
    this.#decided = decided
  }

  observe(observation: Observation): void {
    switch (observation.kind) {
      case 'opened':
        this.#ids.set(observation.number, observation.session)
        this.#numbers.set(observation.session, observation.number)
        return
      case 'asked':
        this.#asked.set(observation.request, observation)
        return
      case 'settled':
        return this.#onSettled(observation.request)
      case 'reading': {
        const floor = this.#floor.get(observation.session) ?? 0
        this.#reading.set(observation.read, { floor, afterCxid: observation.afterCxid })
        return
      }
      case 'read':
        return this.#onRead(observation)
      default:
    }
  }

  /** Whoever was told of a write sees it from then on. */
  #onSettled(request: number): void {
    const asked = this.#asked.get(request)
    if (asked === undefined) return
    this.#asked.delete(request)
    const zxid = this.#decided.answer(asked.session, asked.cxid)?.zxid
    const session = this.#numbers.get(asked.session)
    if (zxid !== undefined && session !== undefined) raise(this.#floor, session, zxid)
  }

  #onRead({ read, session, path, shown, position }: Extract<Observation, { kind: 'read' }>): void {
    const floor =
      read === undefined ? (this.#floor.get(session) ?? 0) : this.#floorOf(read, session)
    const start = startOf(this.#decided, path, shown, floor, position)
    demand(start !== undefined, this.name, () => {
      const found =
        shown === undefined
          ? 'nothing'
          : `version ${shown.version} of ${formatZxid(shown.mzxid)} "${shown.data.slice(0, 12)}"`
      return `session ${session} read ${found} at ${path}, which is not its state anywhere in ${formatZxid(floor)}..${formatZxid(position)}`
    })
    raise(this.#floor, session, Math.max(floor, start ?? 0))
    if (read !== undefined) raise(this.#readFloor, session, Math.max(floor, start ?? 0))
  }

  #floorOf(read: number, session: number): Zxid {
    const { floor, afterCxid } = this.#reading.get(read) ?? { floor: 0, afterCxid: 0 }
    this.#reading.delete(read)
    const own =
      afterCxid === 0
        ? 0
        : (this.#decided.answer(this.#ids.get(session) ?? 0, afterCxid)?.zxid ?? 0)
    return Math.max(floor, own, this.#readFloor.get(session) ?? 0)
  }
}

function raise(floors: Map<number, Zxid>, session: number, zxid: Zxid): void {
  floors.set(session, Math.max(floors.get(session) ?? 0, zxid))
}

/** Where the newest state that looks so and touches (floor, position) begins; the earliest one that does. */
export function startOf(
  decided: Decided,
  path: string,
  shown: Shown | undefined,
  floor: Zxid,
  position: Zxid,
): Zxid | undefined {
  const spans: readonly Span[] = [{ zxid: 0, shown: undefined, owner: 0 }, ...decided.spansOf(path)]
  for (let index = 0; index < spans.length; index += 1) {
    const span = spans[index]
    const end = spans[index + 1]?.zxid ?? Infinity
    if (span === undefined || end <= floor) continue
    if (span.zxid > position) return undefined
    if (looksSame(span.shown, shown)) return span.zxid
  }
  return undefined
}

function looksSame(left: Shown | undefined, right: Shown | undefined): boolean {
  if (left === undefined || right === undefined) return left === right
  const isSameData = left.data === right.data && left.version === right.version
  return isSameData && left.czxid === right.czxid && left.mzxid === right.mzxid
}
