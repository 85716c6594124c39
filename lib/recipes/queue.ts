/**
 * A queue that many put into and many take from. Items are sequential znodes below `<path>/items`; a lock on one is an
 * ephemeral znode of the same name below `<path>/locks`.
 *
 * @see org.apache.curator.framework.recipes.queue
 */
import { badArguments, checkOptions, checkPath, describe } from '../session/arguments.js'
import { op } from '../session/op.js'
import type { RequestOptions } from '../session/readable-session.js'
import { refusalError } from '../session/refusal.js'
import type { Data, Session } from '../session/session.js'
import { abortable } from './abortable.js'
import { childOf } from './contenders.js'
import { codeOf, endOf } from './ends.js'
import { leave } from './entry.js'
import { createParents } from './parents.js'
import { labelOf, QueueIndex } from './queue-index.js'
import type { Item } from './queue-index.js'
import { QueueItem } from './queue-item.js'

const PRIORITY_DEFAULT = 100
const PRIORITY_MAX = 9999

export interface PutOptions extends RequestOptions {
  /** 0 … 9,999: lower ones are taken first; 100 unless told. */
  readonly priority?: number | undefined
}

/** What is done with an item; when it has resolved, the item is removed. */
export type Consumer = (data: Buffer, item: QueueItem) => Promise<void> | void

/**
 * Two ways to take:
 *
 * - `take` and iteration, **at most once**: the item is deleted before it is given. It is never given twice; if the
 *   process dies before it has done what it is for, it is lost.
 * - `takeLocked` and `consume`, **at least once**: the item stays until it is done with, and is removed together with
 *   its lock in one transaction. The lock goes with its session: if the process dies, or loses its session, the next one
 *   gets the item. Nothing is lost; what had been done and not confirmed is done again. `item.token` tells the later
 *   from the earlier.
 *
 * Order: by priority, then as they were put. Items that were given back keep their place. Of two that are taken at the
 * same time either may be done with first.
 *
 * Each taker goes for the first item that it sees; of several only one gets it, and the others go on to the next. What
 * is in the queue is known by one watch, kept from the first taking until `close`: the list is read once.
 *
 * Each item is in the memory of every replica: a queue for thousands of items, not for millions.
 */
export class Queue {
  readonly path: string
  readonly #session: Session
  #index: QueueIndex | undefined
  #isClosed = false

  /** @throws TypeError (`BAD_ARGUMENTS`) if it is no path. */
  constructor(session: Session, path: string) {
    checkPath(path)
    this.path = path
    this.#session = session
  }

  /** @returns Path of the item: it is in the queue, on a majority's disks. */
  async put(data: Data, options?: PutOptions): Promise<string> {
    checkOptions(options, ['priority', 'signal'])
    const { priority = PRIORITY_DEFAULT, signal } = options ?? {}
    checkPriority(priority)
    const stem = this.#itemAt(labelOf(priority))
    for (;;) {
      try {
        return await this.#session.create(stem, data, { sequential: true, signal })
      } catch (error) {
        if (codeOf(error) !== 'NO_NODE') throw error
      }
      await createParents(this.#session, stem, signal)
    }
  }

  /**
   * The first item, which is in the queue no more. Aborted while it waits for an item it rejects at once; once it has
   * asked to delete one it waits for the answer, and gives it: an abort loses nothing.
   */
  async take(options?: RequestOptions): Promise<Buffer> {
    checkOptions(options, ['signal'])
    const index = this.#open()
    for (;;) {
      const item = await index.claim(options?.signal)
      try {
        const data = this.#read(item)
        if (data !== undefined && (await this.#delete(item))) return data
      } finally {
        index.giveBack(item)
      }
    }
  }

  /** The first item that nobody has locked, locked for this session. Aborted, it rejects at once and locks nothing. */
  async takeLocked(options?: RequestOptions): Promise<QueueItem> {
    checkOptions(options, ['signal'])
    const index = this.#open()
    for (;;) {
      const item = await index.claim(options?.signal)
      const taken = await this.#takeLocked(index, item, options?.signal)
      if (taken !== undefined) return taken
    }
  }

  /**
   * One item after the other, each locked while the consumer is at it and removed when it has resolved. If the consumer
   * throws, the item is given back and `consume` rejects with that: what to do with an item that nobody can stand is
   * for the caller to decide. An item whose lock was lost meanwhile is somebody else's; it goes on with the next.
   *
   * @throws What the consumer throws; the signal's reason, after the item at hand; why the session ended.
   */
  async consume(consumer: Consumer, options?: RequestOptions): Promise<never> {
    checkOptions(options, ['signal'])
    if (typeof consumer !== 'function') {
      throw badArguments(`a consumer is a function, not ${describe(consumer)}`)
    }
    for (;;) {
      const item = await this.takeLocked(options)
      try {
        await consumer(item.data, item)
      } catch (error) {
        await item.requeue()
        throw error
      }
      if (item.held) await item.done()
    }
  }

  /** As `take`, again and again. */
  async *items(options?: RequestOptions): AsyncGenerator<Buffer, never, undefined> {
    for (;;) yield await this.take(options)
  }

  [Symbol.asyncIterator](): AsyncGenerator<Buffer, never, undefined> {
    return this.items()
  }

  /** Whoever waits here for an item waits no more (`SESSION_CLOSED`); leaves no watch behind. What is locked stays so. */
  close(): void {
    this.#isClosed = true
    this.#index?.close(closed())
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close()
  }

  #open(): QueueIndex {
    if (this.#isClosed) throw closed()
    this.#index ??= new QueueIndex(this.#session, this.path)
    return this.#index
  }

  #itemAt(name: string): string {
    return `${childOf(this.path, 'items')}/${name}`
  }

  /** `undefined`: somebody has it by now. */
  #read({ name }: Item): Buffer | undefined {
    try {
      return this.#session.getDataSync(this.#itemAt(name)).data
    } catch (error) {
      if (codeOf(error) === 'NO_NODE') return undefined
      throw endOf(this.#session) ?? error
    }
  }

  async #delete({ name }: Item): Promise<boolean> {
    try {
      await this.#session.delete(this.#itemAt(name))
      return true
    } catch (error) {
      if (codeOf(error) === 'NO_NODE') return false
      throw error
    }
  }

  /** `undefined`: somebody else has it, or had it. */
  async #takeLocked(
    index: QueueIndex,
    item: Item,
    signal: AbortSignal | undefined,
  ): Promise<QueueItem | undefined> {
    let isTaken = false
    const giveBack = (): void => index.giveBack(item)
    try {
      const data = this.#read(item)
      if (data === undefined) return undefined
      const path = this.#itemAt(item.name)
      const lock = `${childOf(this.path, 'locks')}/${item.name}`
      const undo = (token: number | undefined): void => {
        if (token !== undefined) leave(this.#session, lock).catch(() => undefined)
      }
      const token = await abortable(this.#lock(path, lock), signal, undo)
      if (token === undefined) return undefined
      isTaken = true
      const stem = this.#itemAt(labelOf(item.priority))
      return new QueueItem(
        data,
        { session: this.#session, item: path, lock, token, stem },
        giveBack,
      )
    } finally {
      if (!isTaken) giveBack()
    }
  }

  /** @returns czxid of the lock. */
  async #lock(item: string, lock: string): Promise<number | undefined> {
    const ops = [op.check(item), op.create(lock, '', { ephemeral: true })]
    for (;;) {
      try {
        const [, made] = await this.#session.multi(ops)
        return made?.kind === 'create' ? made.stat.czxid : undefined
      } catch (error) {
        const code = codeOf(error)
        const isSecond = error instanceof Error && 'index' in error && error.index === 1
        if (code === 'NODE_EXISTS' || (code === 'NO_NODE' && !isSecond)) return undefined
        if (code !== 'NO_NODE') throw error
      }
      await createParents(this.#session, lock, undefined)
    }
  }
}

function closed(): Error {
  return refusalError({ code: 'SESSION_CLOSED', message: 'the queue is closed' })
}

function checkPriority(priority: unknown): void {
  const isInteger = typeof priority === 'number' && Number.isInteger(priority)
  if (isInteger && priority >= 0 && priority <= PRIORITY_MAX) return
  const range = `an integer from 0 to ${PRIORITY_MAX}`
  throw badArguments(`option 'priority' is ${range}, not ${describe(priority)}`)
}
