/**
 * What one process knows of a queue: which items there are, which are locked, and which it is at itself; in the order
 * in which they are to be taken. Filled by one reading of the list and then kept by the names in the events of one
 * recursive watch: the list, which may be long, is not read again.
 */
import { onAbort } from '../session/abort.js'
import type { Session } from '../session/session.js'
import { childOf, parseContender } from './contenders.js'
import { codeOf, endOf } from './ends.js'
import { Heap } from './heap.js'
import { observe } from './observe.js'
import type { WatchEvent } from './observe.js'
import { nameOf, parentOf } from './parents.js'

/** What may be taken: lower priority numbers first, then first come first. */
export interface Item {
  readonly name: string
  readonly priority: number
  readonly sequence: number
}

interface Waiter {
  readonly take: (item: Item) => void
  readonly fail: (error: unknown) => void
}

/** Before the sequence number: `item-` and the priority. */
const LABEL = /^item-(\d{1,4})-$/

export function labelOf(priority: number): string {
  return `item-${String(priority).padStart(4, '0')}-`
}

export class QueueIndex {
  readonly #session: Session
  readonly #items: string
  readonly #locks: string
  /** Those that there are. */
  readonly #there = new Map<string, Item>()
  readonly #locked = new Set<string>()
  /** Given to somebody here, who has not given it back. */
  readonly #given = new Set<string>()
  /** May hold some that are not there any more, or not to be had: that is found when they come out. */
  readonly #heap = new Heap<Item>(isBefore)
  /** In the heap, so that none is in it twice. */
  readonly #queued = new Set<string>()
  readonly #waiters: Waiter[] = []
  readonly #stop: () => void
  #end: Error | undefined

  /** @throws why the session has ended. */
  constructor(session: Session, path: string) {
    this.#session = session
    this.#items = childOf(path, 'items')
    this.#locks = childOf(path, 'locks')
    const end = endOf(session)
    if (end !== undefined) throw end
    this.#load()
    this.#stop = observe(session, path, 'persistentRecursive', {
      onEvent: (event) => this.#onEvent(event),
      onState: () => this.#load(),
      onEnd: (error) => this.close(error),
    })
  }

  /**
   * The first item that is to be had, as soon as there is one. Nobody else here gets it until it is given back.
   *
   * @throws The signal's reason; why the index was closed.
   */
  claim(signal: AbortSignal | undefined): Promise<Item> {
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted()
      if (this.#end !== undefined) throw this.#end
      const stopListening = signal && onAbort(signal, () => this.#abort(waiter, signal.reason))
      const waiter: Waiter = {
        take: (item) => {
          stopListening?.()
          resolve(item)
        },
        fail: (error) => {
          stopListening?.()
          reject(error)
        },
      }
      this.#waiters.push(waiter)
      this.#serve()
    })
  }

  /** To be called in any case, whether the item is done with or was not to be had. */
  giveBack({ name }: Item): void {
    this.#given.delete(name)
    this.#offer(name)
    this.#serve()
  }

  /** Whoever waits gets the error. Idempotent. */
  close(error: Error): void {
    if (this.#end !== undefined) return
    this.#end = error
    this.#stop()
    for (const waiter of this.#waiters.splice(0)) waiter.fail(error)
  }

  #abort(waiter: Waiter, reason: unknown): void {
    const index = this.#waiters.indexOf(waiter)
    if (index >= 0) this.#waiters.splice(index, 1)
    waiter.fail(reason)
  }

  #onEvent({ path }: WatchEvent): void {
    const parent = parentOf(path)
    if (parent !== this.#items && parent !== this.#locks) return
    const name = nameOf(path)
    try {
      const isThere = this.#session.existsSync(path) !== null
      if (parent === this.#locks) this.#setLocked(name, isThere)
      else if (isThere) this.#add(name)
      else this.#there.delete(name)
      this.#serve()
    } catch {
      // The memory is being repaired, or the session is ending: both are told by its state.
    }
  }

  /** All anew: at first, and when the memory may have been repaired. */
  #load(): void {
    try {
      const items = new Set(this.#childrenOf(this.#items))
      const locks = new Set(this.#childrenOf(this.#locks))
      for (const name of this.#there.keys()) if (!items.has(name)) this.#there.delete(name)
      for (const name of this.#locked) if (!locks.has(name)) this.#setLocked(name, false)
      for (const name of locks) this.#setLocked(name, true)
      for (const name of items) this.#add(name)
      this.#serve()
    } catch {
      // As above.
    }
  }

  #childrenOf(path: string): string[] {
    try {
      return this.#session.getChildrenSync(path).children
    } catch (error) {
      if (codeOf(error) === 'NO_NODE') return []
      throw error
    }
  }

  #add(name: string): void {
    if (this.#there.has(name)) return
    const item = parseItem(this.#items, name)
    if (item === undefined) return
    this.#there.set(name, item)
    this.#offer(name)
  }

  #setLocked(name: string, isLocked: boolean): void {
    if (isLocked) this.#locked.add(name)
    else if (this.#locked.delete(name)) this.#offer(name)
  }

  #offer(name: string): void {
    const item = this.#there.get(name)
    if (item === undefined || !this.#isFree(name) || this.#queued.has(name)) return
    this.#queued.add(name)
    this.#heap.push(item)
  }

  #isFree(name: string): boolean {
    return this.#there.has(name) && !this.#locked.has(name) && !this.#given.has(name)
  }

  /** Gives what is to be had to those who wait, in both their orders. */
  #serve(): void {
    while (this.#waiters.length > 0) {
      const item = this.#heap.pop()
      if (item === undefined) return
      this.#queued.delete(item.name)
      if (!this.#isFree(item.name)) continue
      this.#given.add(item.name)
      this.#waiters.shift()?.take(item)
    }
  }
}

function isBefore(left: Item, right: Item): boolean {
  if (left.priority !== right.priority) return left.priority < right.priority
  return left.sequence < right.sequence
}

/** `undefined`: not put there by a queue. */
function parseItem(parent: string, name: string): Item | undefined {
  const contender = parseContender(parent, name)
  const priority = LABEL.exec(contender?.label ?? '')?.[1]
  if (contender === undefined || priority === undefined) return undefined
  return { name, priority: Number(priority), sequence: contender.sequence }
}
