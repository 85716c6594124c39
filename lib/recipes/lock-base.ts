/**
 * What all locks share: arguments, `with`, what was acquired through one object and ends with it. How it is decided whose
 * turn it is comes as a `Contest`.
 */
import { onAbort } from '../session/abort.js'
import {
  badArguments,
  checkOptions,
  checkPath,
  checkSignal,
  describe,
} from '../session/arguments.js'
import { Session } from '../session/session.js'
import { quietAtEnd } from './ends.js'
import type { Entry } from './entry.js'
import type { AcquireOptions, Lockable, LockHandle } from './lock-handle.js'
import { Ownership } from './ownership.js'
import { contend, contendNow } from './waiting.js'
import type { Queue } from './waiting.js'

type Own = Pick<Entry, 'path' | 'czxid'>

/** How one comes to own it. `take` is called in the moment in which that is certain. */
export interface Contest {
  contend<T>(signal: AbortSignal, take: (own: Own) => T): Promise<T>
  contendNow<T>(signal: AbortSignal, take: (own: Own) => T): Promise<T | undefined>
}

/** Takes what ends with the lock; it may be lost already. `token`: the znode's czxid unless told. */
export type Adopt = (own: Own, token?: number) => Ownership

/** What is given to whoever acquired it. */
type Shape<Handle> = (ownership: Ownership, adopt: Adopt) => Handle

export class LockBase<Handle extends LockHandle = LockHandle> implements Lockable<Handle> {
  readonly path: string
  readonly #session: Session
  readonly #contest: Contest
  readonly #shape: Shape<Handle>
  /** What was acquired through this object and is held. */
  readonly #held = new Set<Ownership>()
  readonly #disposal = new AbortController()

  constructor(session: Session, path: string, contest: Contest, shape: Shape<Handle>) {
    this.#session = session
    this.path = path
    this.#contest = contest
    this.#shape = shape
  }

  acquire(options?: AcquireOptions): Promise<Handle> {
    const acquiring = this.#until(options, (signal) => this.#contest.contend(signal, this.#take))
    return quietAtEnd(this.#session, acquiring)
  }

  tryAcquire(options?: AcquireOptions): Promise<Handle | undefined> {
    const trying = this.#until(options, (signal) => this.#contest.contendNow(signal, this.#take))
    return quietAtEnd(this.#session, trying)
  }

  async with<T>(run: (handle: Handle) => T | Promise<T>, options?: AcquireOptions): Promise<T> {
    if (typeof run !== 'function') throw badArguments(`with takes a function, not ${describe(run)}`)
    const handle = await this.acquire(options)
    let result: T
    try {
      result = await run(handle)
    } catch (error) {
      // What went wrong first is what the caller must hear.
      await handle.release().catch(() => undefined)
      throw error
    }
    await handle.release()
    return result
  }

  /** Releases all that was acquired through this object; whoever waits through it, or will, is rejected. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposal.abort(new DOMException(`the lock ${this.path} was disposed of`, 'AbortError'))
    await Promise.all([...this.#held].map((ownership) => ownership.release()))
  }

  readonly #adopt: Adopt = (own, token) => {
    const ownership: Ownership = new Ownership(
      this.#session,
      own,
      () => this.#held.delete(ownership),
      token,
    )
    this.#held.add(ownership)
    // Between an answer and whoever awaits it, more can be applied.
    ownership.look()
    return ownership
  }

  readonly #take = (own: Own): Handle => this.#shape(this.#adopt(own), this.#adopt)

  async #until<T>(
    options: AcquireOptions | undefined,
    run: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    checkOptions(options, ['signal'])
    checkSignal(options?.signal)
    // Not AbortSignal.any: what it leaves at a signal that lives long is collected late, if ever.
    const either = new AbortController()
    const stops: (() => void)[] = []
    for (const signal of [options?.signal, this.#disposal.signal]) {
      signal?.throwIfAborted()
      if (signal !== undefined) stops.push(onAbort(signal, () => either.abort(signal.reason)))
    }
    try {
      return await run(either.signal)
    } finally {
      for (const stop of stops) stop()
    }
  }
}

/** @throws TypeError (`BAD_ARGUMENTS`). */
export function checkPlace(session: unknown, path: unknown): void {
  if (!(session instanceof Session)) {
    throw badArguments(`a recipe takes a session, not ${describe(session)}`)
  }
  checkPath(path)
}

export function queued(queue: Queue): Contest {
  return {
    contend: (signal, take) => contend(queue, signal, take),
    contendNow: (signal, take) => contendNow(queue, signal, take),
  }
}

export function asItIs(ownership: Ownership): LockHandle {
  return ownership
}
