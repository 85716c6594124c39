/**
 * Waiting in a queue until it is one's turn. One looks at this process's own memory, which shows all that came before
 * the own znode, and sets a one-shot watch on those few who stand in the way; the watch fires before anything can read
 * what fired it. So nobody is woken in vain, and nothing is asked of the ensemble while one waits.
 */
import { onAbort } from '../session/abort.js'
import { contendersOf } from './contenders.js'
import type { Contender } from './contenders.js'
import { codeOf, endOf } from './ends.js'
import { enter, leave } from './entry.js'
import type { Door, Entry } from './entry.js'
import { onLife } from './life.js'

/** The rule of a queue. */
export interface Queue extends Door {
  /**
   * Who stands in the way of the one at `index`: nobody when it is its turn. While all of these stay it must not
   * become its turn, for it looks again only when one of them goes.
   */
  blockers(contenders: readonly Contender[], index: number): readonly Contender[]
  /** Throws why nobody can come in here. */
  check?(): void
}

type Sight =
  | { readonly kind: 'turn' }
  | { readonly kind: 'wait'; readonly for: readonly Contender[] }
  /** Somebody deleted the own znode. */
  | { readonly kind: 'gone' }

type Outcome<T> = { readonly kind: 'taken'; readonly value: T } | { readonly kind: 'gone' }

/**
 * Comes in and waits for the turn, without limit. One whose znode is deleted while it waits goes to the end of the
 * queue.
 *
 * @param take What it is for; called in the moment in which it is certain. Must not throw.
 * @throws `signal.reason`; why the session ended; what `check` throws. No watch is left then, and the znode is deleted.
 */
export async function contend<T>(
  queue: Queue,
  signal: AbortSignal | undefined,
  take: (entry: Entry) => T,
): Promise<T> {
  for (;;) {
    const entry = await enter(queue, signal)
    try {
      const outcome = await new Waiting(queue, entry, take).end(signal)
      if (outcome.kind === 'taken') return outcome.value
    } catch (error) {
      leaveQuietly(queue, entry)
      throw error
    }
  }
}

/** As `contend`, but whoever would have to wait goes: `undefined`. */
export async function contendNow<T>(
  queue: Queue,
  signal: AbortSignal | undefined,
  take: (entry: Entry) => T,
): Promise<T | undefined> {
  if (isTaken(queue)) {
    // What this process has seen may be old. Not by coming in: that would be in the way of others.
    await queue.session.sync('/', { signal })
    if (isTaken(queue)) return undefined
  }
  const entry = await enter(queue, signal)
  try {
    if (look(queue, entry).kind === 'turn' && queue.session.alive) return take(entry)
  } catch (error) {
    leaveQuietly(queue, entry)
    throw error
  }
  await leave(queue.session, entry.path)
  return undefined
}

class Waiting<T> {
  readonly #queue: Queue
  readonly #entry: Entry
  readonly #take: (entry: Entry) => T
  /** Paths with a watch of this one. */
  readonly #watched = new Set<string>()
  readonly #promise: Promise<Outcome<T>>
  #resolve: (outcome: Outcome<T>) => void = () => undefined
  #reject: (error: unknown) => void = () => undefined
  #isOver = false
  #stopLife: (() => void) | undefined
  #stopAbort: (() => void) | undefined

  constructor(queue: Queue, entry: Entry, take: (entry: Entry) => T) {
    this.#queue = queue
    this.#entry = entry
    this.#take = take
    this.#promise = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
  }

  /** To be called once. */
  end(signal: AbortSignal | undefined): Promise<Outcome<T>> {
    this.#stopLife = onLife(this.#queue.session, this.#look)
    this.#stopAbort = signal && onAbort(signal, () => this.#fail(signal.reason))
    if (signal?.aborted === true) this.#fail(signal.reason)
    this.#look()
    return this.#promise
  }

  /** The watch listener too: one function, so that it is one watcher, with one watch per path. */
  readonly #look = (): void => {
    if (this.#isOver) return
    try {
      const sight = look(this.#queue, this.#entry)
      if (sight.kind === 'wait') return this.#watch(sight.for)
      if (sight.kind === 'gone') return this.#finish(() => this.#resolve({ kind: 'gone' }))
      // A session whose lease has lapsed can be given nothing; it is looked at again when it has one, or has ended.
      if (!this.#queue.session.alive) return
      this.#finish(() => this.#resolve({ kind: 'taken', value: this.#take(this.#entry) }))
    } catch (error) {
      // While the replica's state is being repaired there is nothing to see; afterwards the session says so.
      if (codeOf(error) !== 'CONNECTION_LOSS') this.#fail(endOf(this.#queue.session) ?? error)
    }
  }

  #watch(blockers: readonly Contender[]): void {
    for (const { path } of blockers) {
      this.#queue.session.existsSync(path, { watch: this.#look })
      this.#watched.add(path)
    }
  }

  #fail(reason: unknown): void {
    this.#finish(() => this.#reject(reason))
  }

  #finish(settle: () => void): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#stopLife?.()
    this.#stopAbort?.()
    for (const path of this.#watched) unwatch(this.#queue, path, this.#look)
    settle()
  }
}

/** What is to be seen from the own place. */
function look(queue: Queue, { path, name, czxid }: Entry): Sight {
  if (queue.session.existsSync(path)?.czxid !== czxid) return { kind: 'gone' }
  queue.check?.()
  const contenders = contendersOf(queue.session, queue.path)
  const index = contenders.findIndex((contender) => contender.name === name)
  const blockers = queue.blockers(contenders, index)
  return blockers.length === 0 ? { kind: 'turn' } : { kind: 'wait', for: blockers }
}

/** Whoever came now would have to wait, as far as this process has seen. */
function isTaken(queue: Queue): boolean {
  try {
    const contenders = contendersOf(queue.session, queue.path)
    queue.check?.()
    const sequence = (contenders.at(-1)?.sequence ?? 0) + 1
    const newcomer = { path: '', name: '', label: queue.label, sequence }
    return queue.blockers([...contenders, newcomer], contenders.length).length > 0
  } catch {
    // No queue, or not the one that is seen here: whoever comes in hears it from the ensemble.
    return false
  }
}

function unwatch({ session }: Queue, path: string, listener: () => void): void {
  // One that has fired is not there any more, nor is one of a session that has ended.
  session.removeWatches(path, listener, { type: 'data' }).catch(() => undefined)
}

function leaveQuietly({ session }: Queue, { path }: Entry): void {
  leave(session, path).catch(() => undefined)
}
