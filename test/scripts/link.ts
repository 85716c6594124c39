/**
 * A link between two members of a script: one queue each way, FIFO, whose heads move only when the script says so. A
 * direction ends with an `end`: what stands before it may still arrive, and then its receiver hears that the link is down.
 */
import type { LinkNumber } from '../../lib/replica/input.js'
import type { Message } from '../../lib/replica/message.js'

export type Parcel =
  | { readonly kind: 'message'; readonly sequence: number; readonly message: Message }
  | { readonly kind: 'end'; readonly sequence: number }

/** One direction of a link. */
export class Lane {
  readonly link: Link
  readonly from: number
  readonly to: number
  queue: Parcel[] = []
  /** `to` has heard that the link is down: nothing arrives any more. */
  hasEnded = false
  /** Nothing more can be put on it. */
  isClosed = false
  /** Nothing on it moves, until it is released. */
  isStuck = false

  constructor(link: Link, from: number, to: number) {
    this.link = link
    this.from = from
    this.to = to
  }

  get name(): string {
    return `${this.from}->${this.to}`
  }

  put(sequence: number, message: Message): void {
    if (!this.isClosed) this.queue.push({ kind: 'message', sequence, message })
  }

  /** Before everything else that is on its way. */
  putFirst(sequence: number, message: Message): void {
    this.queue.unshift({ kind: 'message', sequence, message })
  }

  /** @param isLosing  What is on the way is lost. */
  close(sequence: number, isLosing: boolean): void {
    if (isLosing) this.queue = this.queue.filter(({ kind }) => kind === 'end')
    if (this.isClosed) return
    this.isClosed = true
    this.queue.push({ kind: 'end', sequence })
  }

  take(): Parcel | undefined {
    return this.queue.shift()
  }
}

export class Link {
  readonly number: LinkNumber
  readonly lanes: readonly [Lane, Lane]

  constructor(number: LinkNumber, a: number, b: number) {
    this.number = number
    this.lanes = [new Lane(this, a, b), new Lane(this, b, a)]
  }

  joins(a: number, b: number): boolean {
    const [{ from, to }] = this.lanes
    return (from === a && to === b) || (from === b && to === a)
  }

  /** The direction from that member; `undefined` if it is no end of this link. */
  laneFrom(from: number): Lane | undefined {
    return this.lanes.find((lane) => lane.from === from)
  }

  laneTo(to: number): Lane | undefined {
    return this.lanes.find((lane) => lane.to === to)
  }

  /** Neither end has closed it. */
  get isUp(): boolean {
    return this.lanes.every(({ isClosed }) => !isClosed)
  }

  get isOver(): boolean {
    return this.lanes.every(({ hasEnded }) => hasEnded)
  }
}
