/** The watches of the workload, of all kinds, set again when they fire; and what their listeners do. */
import type { WatchEvent } from '../../lib/protocol/watch-event.js'
import type { WatchMode } from '../../lib/session/session-watches.js'
import { canRead } from './client-reads.js'
import type { Leave, Reads } from './client-reads.js'
import { failureOf } from './client-session.js'
import type { Application, Open } from './client-session.js'
import type { Writes } from './client-writes.js'

type Listener = (event: WatchEvent) => void

const nothing = (): void => undefined

export class Watches {
  readonly #application: Application
  readonly #reads: Reads
  readonly #writes: Writes
  readonly #shared = new Map<number, Listener>()

  constructor(application: Application, reads: Reads, writes: Writes) {
    this.#application = application
    this.#reads = reads
    this.#writes = writes
  }

  /** A one-shot watch, by a read in either form. */
  once(open: Open, path: string): void {
    const { random, experiment } = this.#application
    if (open.waiting >= experiment.options.workload.waitingMax) return
    const what = this.#reads.draw()
    if (random.chance(0.4)) this.#reads.read(open, what, path, this.#fresh(open))
    else this.#reads.readSync(open, what, path, this.#leave(open))
  }

  /** A watch that stays: with a listener of its own, with one that has others, or taken from a buffer. */
  addWatch(open: Open, path: string): void {
    const { random, experiment } = this.#application
    if (open.persistent >= experiment.options.workload.persistentMax) return
    open.persistent += 1
    const mode = random.pick(['persistent', 'persistentRecursive'] as const)
    if (random.chance(0.25)) return this.#iterate(open, path, mode)
    const isShared = random.chance(0.4)
    const { watcher, listener } = isShared ? this.#sharedOf(open) : this.#listenerOf(open)
    this.#observe(open, path, mode, watcher, false)
    void open.session.addWatch(path, mode, listener)
    if (isShared || !random.chance(0.5)) return
    experiment.scheduler.after(300 * random.next(), () => {
      this.#later(() => this.#unwatch(open, path, watcher, listener))
    })
  }

  /** Every watch of the session on the path. */
  removeAll(open: Open, path: string): void {
    this.#unwatch(open, path, undefined, undefined)
  }

  #unwatch(
    open: Open,
    path: string,
    watcher: number | undefined,
    listener: Listener | undefined,
  ): void {
    if (!canRead(open)) return
    const { experiment, host } = this.#application
    const { number: session } = open
    const { position } = host
    experiment.observe({ kind: 'unwatched', watcher, session, path, position })
    open.session.removeWatches(path, listener).catch((error: unknown) => {
      const { code } = failureOf(this.#application, error)
      if (code !== 'NO_WATCHER') experiment.failed('watches', `a removal failed: ${code}`)
    })
  }

  #iterate(open: Open, path: string, mode: WatchMode): void {
    const { experiment, random } = this.#application
    const watcher = experiment.nextNumber()
    this.#observe(open, path, mode, watcher, true)
    const events = open.session.watch(path, { recursive: mode === 'persistentRecursive' })
    void this.#take(watcher, events)
    if (!random.chance(0.3)) return
    experiment.scheduler.after(500 * random.next(), () => {
      this.#later(() => {
        experiment.observe({ kind: 'dropped', watcher })
        void events.return?.()
      })
    })
  }

  async #take(watcher: number, events: AsyncIterable<WatchEvent>): Promise<void> {
    try {
      for await (const event of events) this.#heard(watcher, event)
    } catch {
      // It ends with its session, in what way is the session's to say.
    }
  }

  #later(act: () => void): void {
    const { experiment, host } = this.#application
    host.actor.deliver(() => {
      if (this.#application.isAbandoned) return
      act()
      experiment.scheduler.isTouched = true
    })
  }

  #observe(open: Open, path: string, watch: WatchMode, watcher: number, isBuffered: boolean): void {
    const { experiment, host, number: view, isInCallback } = this.#application
    experiment.observe({
      kind: 'watching',
      watcher,
      view,
      session: open.number,
      path,
      watch,
      position: host.position,
      isInCallback,
      isBuffered,
    })
  }

  /** A listener for a read in the Sync form: any. */
  #leave(open: Open): Leave {
    const draw = this.#application.random.next()
    if (draw < 0.6) return this.#fresh(open)
    if (draw < 0.8) {
      const { watcher, listener } = this.#sharedOf(open)
      return { watcher, watch: listener, unused: nothing }
    }
    open.defaultWatcher ??= this.#listenToDefault(open)
    return { watcher: open.defaultWatcher, watch: true, unused: nothing }
  }

  /** A listener of its own. */
  #fresh(open: Open): Leave {
    const { watcher, listener } = this.#listenerOf(open)
    open.waiting += 1
    const unused = (): void => {
      open.waiting -= 1
    }
    const watch = (event: WatchEvent): void => {
      unused()
      listener(event)
    }
    return { watcher, watch, unused }
  }

  #listenToDefault(open: Open): number {
    const { watcher, listener } = this.#listenerOf(open)
    open.session.on('watch', listener)
    return watcher
  }

  #sharedOf(open: Open): { readonly watcher: number; readonly listener: Listener } {
    const known =
      open.sharedWatcher === undefined ? undefined : this.#shared.get(open.sharedWatcher)
    if (known !== undefined && open.sharedWatcher !== undefined) {
      return { watcher: open.sharedWatcher, listener: known }
    }
    const made = this.#listenerOf(open)
    open.sharedWatcher = made.watcher
    this.#shared.set(made.watcher, made.listener)
    return made
  }

  #listenerOf(open: Open): { readonly watcher: number; readonly listener: Listener } {
    const watcher = this.#application.experiment.nextNumber()
    return { watcher, listener: (event) => this.#onEvent(open, watcher, event) }
  }

  #heard(watcher: number, event: WatchEvent): void {
    if (this.#application.isAbandoned) return
    const { experiment, host } = this.#application
    experiment.observe({ kind: 'heard', watcher, event, position: host.position })
  }

  /** In the callback itself: what it reads is the state right after the change. */
  #onEvent(open: Open, watcher: number, event: WatchEvent): void {
    this.#heard(watcher, event)
    const { isAbandoned, experiment, random } = this.#application
    if (isAbandoned || experiment.isIdle || !canRead(open)) return
    this.#application.isInCallback = true
    experiment.inspector.glanceInCallback(this.#application.host)
    const { path } = event
    const draw = random.next()
    const isFull = open.waiting >= experiment.options.workload.waitingMax
    if (draw < 0.5 && !isFull) {
      this.#reads.readSync(open, this.#reads.draw(), path, this.#leave(open))
    } else if (draw < 0.6 && !isFull) {
      this.#reads.read(open, this.#reads.draw(), path, this.#fresh(open))
    } else if (draw < 0.65 && open.unsettled < experiment.options.pipelineMax) {
      this.#writes.setData(open, path)
    } else if (draw < 0.8) this.#reads.readSync(open, this.#reads.draw(), path)
    this.#application.isInCallback = false
  }
}
