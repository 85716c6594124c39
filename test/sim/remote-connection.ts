/**
 * One View's time with the session of a remote client, as a gateway's connection would be: what the client asks for,
 * reads and watches through it, and what it is told. Reports all of it.
 */
import type { Random } from '../../lib/base/random.js'
import { NO_AUTH } from '../../lib/protocol/acl.js'
import type { Identity } from '../../lib/protocol/acl.js'
import type { Outcome, RequestBody } from '../../lib/protocol/request.js'
import type { WatchEvent } from '../../lib/protocol/watch-event.js'
import { ZooKeeperError } from '../../lib/protocol/zookeeper-error.js'
import type { Zxid } from '../../lib/protocol/zxid.js'
import type { RemoteCore } from '../../lib/session/remote-core.js'
import type { RemoteClient, RemoteEnd } from '../../lib/session/remote.js'
import type { ViewHost } from '../../lib/testing/view-host.js'
import type { WatchKind } from '../../lib/tree/watches.js'
import type { Experiment } from './experiment.js'
import type { ReadKind, Settled, Shown } from './observation.js'

const KINDS: readonly WatchKind[] = ['data', 'child', 'persistent', 'persistentRecursive']
const decoder = new TextDecoder()

export class RemoteConnection implements RemoteClient {
  readonly auth: readonly Identity[]
  readonly host: ViewHost
  /** Nothing is heard of it any more. */
  isOver = false
  unsettled = 0
  /** Of the application whose View it goes through. */
  readonly #view: number
  readonly #experiment: Experiment
  readonly #onEnd: (reason: RemoteEnd) => void
  #session: RemoteCore | undefined
  #number = 0
  /** The one watcher that a connection is. */
  #watcher = 0
  #asked = 0

  constructor(
    experiment: Experiment,
    host: ViewHost,
    view: number,
    identity: Identity | undefined,
    onEnd: (reason: RemoteEnd) => void,
  ) {
    this.#experiment = experiment
    this.host = host
    this.#view = view
    this.auth = identity === undefined ? NO_AUTH : [identity]
    this.#onEnd = onEnd
  }

  /** It can be used. */
  get isOpen(): boolean {
    return this.#session !== undefined && !this.isOver
  }

  /** zxid of the txn that gave the session to this View. */
  get attached(): Zxid {
    return this.#session?.attached ?? 0
  }

  begin(session: RemoteCore): void {
    this.#session = session
    this.#number = this.#experiment.nextNumber()
    this.#watcher = this.#experiment.nextNumber()
    const { id, attached } = session
    const { auth } = this
    this.#experiment.observe({ kind: 'opened', number: this.#number, session: id, attached, auth })
  }

  /** Its process has died. */
  abandon(): void {
    if (this.isOver) return
    this.isOver = true
    if (this.#number > 0) this.#experiment.observe({ kind: 'abandoned', session: this.#number })
  }

  /** The client goes away. */
  detach(): void {
    if (this.isOver) return
    this.#session?.detach()
    this.abandon()
  }

  touch(): void {
    this.#session?.touch()
  }

  onEvent(event: WatchEvent): void {
    const { position } = this.host
    this.#experiment.observe({ kind: 'heard', watcher: this.#watcher, event, position })
  }

  onEnd(reason: RemoteEnd): void {
    if (this.#number > 0) {
      const { position } = this.host
      this.#experiment.observe({ kind: 'ended', session: this.#number, position })
      this.#experiment.marks.connectionEnded(this.#view, position, reason, this.unsettled)
    }
    this.abandon()
    this.#onEnd(reason)
  }

  request(body: RequestBody): void {
    const session = this.#session
    if (session === undefined || this.isOver) return
    const experiment = this.#experiment
    const request = experiment.nextNumber()
    this.#asked += 1
    this.unsettled += 1
    const { id, attached } = session
    experiment.observe({
      kind: 'asked',
      at: experiment.now,
      request,
      view: this.#view,
      session: id,
      attached,
      cxid: this.#asked,
      body,
      auth: this.auth,
    })
    session.request(body, (outcome) => {
      this.unsettled -= 1
      const { position } = this.host
      const told = toldOf(outcome)
      experiment.observe({ kind: 'settled', at: experiment.now, request, position, ...told })
    })
  }

  /** @param watch  Leaves such a watch on the path, if it finds what it looks for. */
  read(what: ReadKind, path: string, watch: WatchKind | undefined): void {
    const session = this.#session
    if (session === undefined || this.isOver) return
    const experiment = this.#experiment
    const read = experiment.nextNumber()
    const where = { view: this.#view, session: this.#number, what, path }
    const { position } = this.host
    const afterCxid = this.#asked
    experiment.observe({ kind: 'reading', at: experiment.now, read, ...where, afterCxid, position })
    session.read(() => {
      const shown = this.#look(session, what, path)
      if (shown === 'NO_AUTH') return experiment.observe({ kind: 'refused', read, code: shown })
      const at = { at: experiment.now, position: this.host.position, isInCallback: false }
      experiment.observe({ kind: 'read', read, ...where, shown, ...at })
      if (watch !== undefined && (shown !== undefined || what === 'exists')) this.watch(path, watch)
    })
  }

  watch(path: string, watch: WatchKind): void {
    const session = this.#session
    if (session === undefined || this.isOver) return
    this.#experiment.observe({
      kind: 'watching',
      watcher: this.#watcher,
      view: this.#view,
      session: this.#number,
      path,
      watch,
      position: this.host.position,
      isInCallback: false,
      isBuffered: false,
    })
    session.addWatch(path, watch)
  }

  /** One of the watches that there are, if there is any. */
  unwatch(random: Random): void {
    const session = this.#session
    if (session === undefined || this.isOver) return
    const paths = [...session.watchedPaths()]
    if (paths.length === 0) return
    const path = random.pick(paths)
    const kind = random.pick([undefined, ...KINDS])
    const had = session.hasWatch(path, kind ?? 'any')
    const { position } = this.host
    const where = { watcher: this.#watcher, session: this.#number, path, position }
    const isSilent = true
    if (kind === undefined) this.#experiment.observe({ kind: 'unwatched', ...where, isSilent })
    else this.#experiment.observe({ kind: 'unwatched', ...where, isSilent, watch: kind })
    if (session.removeWatch(path, kind ?? 'any') !== had)
      this.#experiment.failed(
        'watches',
        `the removal of ${path} tells something else than its watches`,
      )
  }

  #look(session: RemoteCore, what: ReadKind, path: string): Shown | undefined | 'NO_AUTH' {
    try {
      if (what === 'getChildren') return session.children(path)
      if (what === 'getData') {
        const { data, stat } = session.data(path)
        return { data: decoder.decode(data), stat }
      }
      const stat = session.stat(path)
      return stat === undefined ? undefined : { stat }
    } catch (error) {
      if (!(error instanceof ZooKeeperError)) throw error
      if (error.code === 'NO_NODE') return undefined
      if (error.code === 'NO_AUTH') return 'NO_AUTH'
      throw error
    }
  }
}

/** All that the client is told. */
function toldOf(outcome: Outcome): Omit<Settled, 'kind' | 'at' | 'request' | 'position'> {
  const { zxid } = outcome
  if (outcome.kind === 'error') {
    const { code, index, count } = outcome
    return { code, remote: { zxid, count }, ...(index === undefined ? {} : { index }) }
  }
  const remote = { zxid }
  const { result } = outcome
  switch (result.kind) {
    case 'create':
      return { code: 'OK', remote, path: result.path, stat: result.stat }
    case 'setData':
    case 'setAcl':
      return { code: 'OK', remote, stat: result.stat }
    case 'multi':
      return { code: 'OK', remote, results: result.results }
    case 'none':
      return { code: 'OK', remote }
  }
}
