/** The reads of the workload, of all kinds and forms; some leave a watch. */
import type { Stat } from '../../lib/protocol/stat.js'
import { ZooKeeperError } from '../../lib/protocol/zookeeper-error.js'
import type { ReadOptions } from '../../lib/session/read.js'
import type { Session } from '../../lib/session/session.js'
import { failureOf, isOver } from './client-session.js'
import type { Application, Open } from './client-session.js'
import type { ReadKind, Shown } from './observation.js'

const KINDS: readonly ReadKind[] = ['exists', 'getData', 'getData', 'getChildren']

/** A one-shot watch that a read is to leave. */
export interface Leave {
  readonly watcher: number
  readonly watch: Exclude<ReadOptions['watch'], undefined>
  /** The read has left none. */
  unused(): void
}

export class Reads {
  readonly #application: Application

  constructor(application: Application) {
    this.#application = application
  }

  draw(): ReadKind {
    return this.#application.random.pick(KINDS)
  }

  /** From this instant's memory. */
  readSync(open: Open, what: ReadKind, path: string, leave?: Leave): void {
    const { experiment, host, number: view, isInCallback } = this.#application
    const { position } = host
    const shown = readSync(open.session, what, path, leave?.watch)
    const { number: session } = open
    if (shown === 'NO_AUTH') {
      const question = { view, session, what, path, afterCxid: 0, position }
      const read = experiment.nextNumber()
      experiment.observe({ kind: 'reading', at: experiment.now, read, ...question })
      experiment.observe({ kind: 'refused', read, code: shown })
      return leave?.unused()
    }
    experiment.observe({
      kind: 'read',
      at: experiment.now,
      read: undefined,
      view,
      session,
      what,
      path,
      shown,
      position,
      isInCallback,
    })
    if (leave === undefined) return
    if (shown === undefined && what !== 'exists') return leave.unused()
    const { watcher } = leave
    experiment.observe({
      kind: 'watching',
      watcher,
      view,
      session,
      path,
      watch: what === 'getChildren' ? 'child' : 'data',
      position,
      isInCallback,
      isBuffered: false,
    })
  }

  /** Waits for the session's writes. */
  read(open: Open, what: ReadKind, path: string, leave?: Leave, sinceSync?: number): void {
    const { experiment, host, number: view } = this.#application
    const { session, number, asked } = open
    const read = experiment.nextNumber()
    experiment.observe({
      kind: 'reading',
      at: experiment.now,
      read,
      view,
      session: number,
      what,
      path,
      afterCxid: asked,
      position: host.position,
      ...(leave === undefined ? {} : { watcher: leave.watcher }),
      ...(sinceSync === undefined ? {} : { sinceSync }),
    })
    readLater(session, what, path, leave?.watch).then(
      (shown) => this.#onRead(open, read, what, path, shown),
      (error: unknown) => {
        leave?.unused()
        this.#onRefused(open, read, what, path, error)
      },
    )
  }

  #onRead(open: Open, read: number, what: ReadKind, path: string, shown: Shown | undefined): void {
    const { experiment, host, number: view, isAbandoned } = this.#application
    if (isAbandoned) return
    experiment.observe({
      kind: 'read',
      at: experiment.now,
      read,
      view,
      session: open.number,
      what,
      path,
      shown,
      position: host.position,
      isInCallback: false,
    })
  }

  #onRefused(open: Open, read: number, what: ReadKind, path: string, error: unknown): void {
    if (this.#application.isAbandoned) return
    const { code } = failureOf(this.#application, error)
    if (code === 'NO_NODE') this.#onRead(open, read, what, path, undefined)
    else this.#application.experiment.observe({ kind: 'refused', read, code })
  }
}

function readSync(
  session: Session,
  what: ReadKind,
  path: string,
  watch: ReadOptions['watch'],
): Shown | undefined | 'NO_AUTH' {
  try {
    if (what === 'exists') return shownOf(session.existsSync(path, { watch }))
    if (what === 'getChildren') return session.getChildrenSync(path, { watch })
    return session.getDataSync(path, { watch, encoding: 'utf8' })
  } catch (error) {
    if (!(error instanceof ZooKeeperError)) throw error
    if (error.code === 'NO_NODE') return undefined
    if (error.code === 'NO_AUTH') return 'NO_AUTH'
    throw error
  }
}

async function readLater(
  session: Session,
  what: ReadKind,
  path: string,
  watch: ReadOptions['watch'],
): Promise<Shown | undefined> {
  if (what === 'exists') return shownOf(await session.exists(path, { watch }))
  if (what === 'getChildren') return session.getChildren(path, { watch })
  return session.getData(path, { watch, encoding: 'utf8' })
}

function shownOf(stat: Stat | null): Shown | undefined {
  return stat === null ? undefined : { stat }
}

/** Reads of a session that has ended tell nothing. */
export function canRead({ session, isClosing }: Open): boolean {
  return !isClosing && !isOver(session)
}
