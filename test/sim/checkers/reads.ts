/**
 * A read shows exactly the model's state at the position where it was evaluated: a Sync form where its View stands, an
 * asynchronous one where its View stood when the session's requests before it were settled. A View never goes back.
 */
import { formatZxid } from '../../../lib/protocol/zxid.js'
import type { Zxid } from '../../../lib/protocol/zxid.js'
import { isAllowed } from '../../model/access.js'
import type { Model } from '../../model/model.js'
import { PERMS } from '../../model/types.js'
import type { Decided } from '../decided.js'
import { demand } from '../observation.js'
import type { Checker, Observation, Read, ReadKind } from '../observation.js'
import { differ } from './differ.js'
import { Positions } from './positions.js'

/** Why an asynchronous read may be refused: no leader serves, or the session or the replica is over. */
const REFUSALS = new Set(['CONNECTION_LOSS', 'SESSION_EXPIRED', 'SESSION_CLOSED', 'REPLICA_FAILED'])

const decoder = new TextDecoder()

export class Reads implements Checker {
  readonly name = 'reads'
  readonly sees = ['opened', 'jumping', 'reading', 'read', 'refused'] as const
  readonly counts: Map<string, number> = new Map([['readsChecked', 0]])
  readonly #model: Model
  readonly #positions: Positions
  /** Newest position of each View. */
  readonly #views = new Map<number, Zxid>()

  constructor(decided: Decided, model: Model) {
    this.#model = model
    this.#positions = new Positions(decided)
  }

  observe(observation: Observation): void {
    this.#positions.observe(observation)
    switch (observation.kind) {
      case 'reading':
        return this.#advance(observation.view, observation.position)
      case 'read':
        this.#advance(observation.view, observation.position)
        return this.#onRead(observation)
      case 'refused':
        if (observation.code === 'NO_AUTH') return this.#onForbidden(observation.read)
        this.#positions.take(observation.read)
        return demand(REFUSALS.has(observation.code), this.name, () => {
          return `read ${observation.read} was refused: ${observation.code}`
        })
      default:
    }
  }

  /** The znode was there when the read was evaluated, and whoever asked may not read it. */
  #onForbidden(read: number): void {
    const reading = this.#positions.take(read)
    if (reading === undefined) return
    const { session, what, path } = reading
    const at = this.#positions.evaluatedAt(reading)
    const znode = at === undefined ? undefined : this.#model.znodeAt(path, at)
    const isForbidden =
      znode !== undefined && !isAllowed(znode.acl, PERMS.READ, this.#positions.authOf(session))
    demand(isForbidden, this.name, () => {
      return `session ${session} was not allowed ${what} ${path} at ${formatZxid(at ?? 0)}`
    })
  }

  #advance(view: number, position: Zxid): void {
    const last = this.#views.get(view) ?? 0
    demand(position >= last, this.name, () => {
      return `view ${view} went back from ${formatZxid(last)} to ${formatZxid(position)}`
    })
    this.#views.set(view, position)
  }

  #onRead(read: Read): void {
    const { session, what, path, shown, position } = read
    this.counts.set('readsChecked', (this.counts.get('readsChecked') ?? 0) + 1)
    const at = this.#evaluatedAt(read)
    const who = `session ${session}: ${what} ${path} at ${formatZxid(at)}`
    demand(at <= position, this.name, () => {
      return `${who} was answered while its View stood at ${formatZxid(position)}`
    })
    const znode = this.#model.znodeAt(path, at)
    const auth = this.#positions.authOf(session)
    const isAnybodys = znode === undefined || isAllowed(znode.acl, PERMS.READ, auth)
    demand(isAnybodys, this.name, () => `${who} shows what its owner may not read`)
    const difference = differ(this.#expected(what, path, at), inOrder(shown))
    demand(difference === undefined, this.name, () => `${who} shows ${String(difference)}`)
  }

  #evaluatedAt({ read, session, position }: Read): Zxid {
    if (read === undefined) return position
    const reading = this.#positions.take(read)
    const at = reading === undefined ? undefined : this.#positions.evaluatedAt(reading)
    demand(at !== undefined, this.name, () => {
      return `session ${session}: read ${read} was answered before the request that it waits for`
    })
    return at ?? position
  }

  #expected(what: ReadKind, path: string, at: Zxid): unknown {
    if (what === 'getChildren') return this.#model.getChildren(path, at)
    const found = this.#model.getData(path, at)
    if (found === undefined) return undefined
    const { stat } = found
    return what === 'exists' ? { stat } : { data: decoder.decode(found.data), stat }
  }
}

/** The order of children means nothing. */
function inOrder(shown: Read['shown']): unknown {
  return shown?.children === undefined ? shown : { ...shown, children: shown.children.toSorted() }
}
