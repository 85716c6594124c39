/**
 * A remote client is answered in the order in which it asked, reads and requests alike, each at most once, and nothing
 * any more once its connection has ended.
 */
import type { SessionId } from '../../../lib/protocol/request.js'
import { ownerKey } from '../attachments.js'
import { demand } from '../observation.js'
import type { Checker, Observation } from '../observation.js'

interface Connection {
  readonly number: number
  /** What is not answered, in its order: requests and reads have different numbers. */
  readonly waiting: number[]
  isOver: boolean
}

export class Answers implements Checker {
  readonly name = 'answers'
  readonly sees = [
    'opened',
    'asked',
    'reading',
    'settled',
    'read',
    'refused',
    'heard',
    'watching',
    'ended',
    'abandoned',
  ] as const
  readonly #byNumber = new Map<number, Connection>()
  readonly #byOwner = new Map<string, Connection>()
  /** Whose request or read that is. */
  readonly #askers = new Map<number, Connection>()
  readonly #watchers = new Map<number, Connection>()

  observe(observation: Observation): void {
    switch (observation.kind) {
      case 'opened':
        if (observation.attached === undefined) return
        return this.#onOpened(observation.number, observation.session, observation.attached)
      case 'asked': {
        const { session, attached, request } = observation
        if (attached === undefined) return
        return this.#ask(this.#byOwner.get(ownerKey(session, attached)), request)
      }
      case 'reading':
        return this.#ask(this.#byNumber.get(observation.session), observation.read)
      case 'watching': {
        const connection = this.#byNumber.get(observation.session)
        if (connection !== undefined) this.#watchers.set(observation.watcher, connection)
        return
      }
      case 'settled':
        return this.#answer(observation.request)
      case 'read':
      case 'refused':
        if (observation.read !== undefined) this.#answer(observation.read)
        return
      case 'heard': {
        const connection = this.#watchers.get(observation.watcher)
        return demand(connection?.isOver !== true, this.name, () => {
          return `connection ${connection?.number} hears of an event after its end`
        })
      }
      case 'ended':
      case 'abandoned': {
        const connection = this.#byNumber.get(observation.session)
        if (connection !== undefined) connection.isOver = true
        return
      }
      default:
    }
  }

  #onOpened(number: number, session: SessionId, attached: number): void {
    const connection = { number, waiting: [], isOver: false }
    this.#byNumber.set(number, connection)
    this.#byOwner.set(ownerKey(session, attached), connection)
  }

  #ask(connection: Connection | undefined, what: number): void {
    if (connection === undefined) return
    connection.waiting.push(what)
    this.#askers.set(what, connection)
  }

  #answer(what: number): void {
    const connection = this.#askers.get(what)
    if (connection === undefined) return
    const { number, waiting, isOver } = connection
    demand(!isOver, this.name, () => `connection ${number} is answered ${what} after its end`)
    demand(waiting[0] === what, this.name, () => {
      return `connection ${number} is answered ${what}, next is ${waiting[0] ?? 'nothing'}`
    })
    waiting.shift()
  }
}
