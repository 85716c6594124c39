/**
 * One session of a remote client at this View. It has no lease: its client is told of nothing by the clock, and its
 * time at the leader is lengthened only while the client is heard. It says everything by callbacks inside the apply
 * loop, because a connection's answers and events must leave in the order in which they came to be.
 */
import { assert } from '../base/assert.js'
import { PATH_BYTES_MAX, REMOTE_WATCH_BYTES_MAX } from '../base/limits.js'
import type { Outcome, RequestBody, SessionId, SessionRequest } from '../protocol/request.js'
import { ZooKeeperError } from '../protocol/zookeeper-error.js'
import type { Zxid } from '../protocol/zxid.js'
import type { SessionRecord } from '../tree/record.js'
import type { WatchKind } from '../tree/watches.js'
import { aclOf, childrenOf, dataOf, descendantsOf, ephemeralsOf, statOf } from './reads.js'
import type { Refusal } from './refusal.js'
import type { RemoteClient, RemoteEnd, RemoteSession } from './remote.js'
import { requestBytes } from './request-body.js'
import { RequestQueue } from './request-queue.js'
import type { Watcher } from './session-watches.js'
import type { SessionEnd, SessionHost, ViewSession } from './view-session.js'

/** What a watch takes beside its path, about. */
const WATCH_BYTES = 200

export class RemoteCore implements ViewSession, RemoteSession {
  readonly timeoutMs: number
  readonly password: Uint8Array
  readonly #host: SessionHost
  readonly #queue = new RequestQueue()
  readonly #watcher: Watcher
  /** `undefined` once nobody is to hear anything any more. */
  #client: RemoteClient | undefined
  #id: SessionId = 0
  #attached: Zxid = 0
  #ended = false
  #closing = false
  /** The client was heard since the last heartbeat. */
  #touched = true
  /** Of watched paths, and of some that are not watched any more. */
  #watchBytes = 0

  constructor(host: SessionHost, timeoutMs: number, password: Uint8Array, client: RemoteClient) {
    this.#host = host
    this.timeoutMs = timeoutMs
    this.password = password
    this.#client = client
    const identities = (): RemoteClient['auth'] => this.#auth
    this.#watcher = {
      get auth() {
        return identities()
      },
      // It only writes into the buffer of its connection: nobody's code can read anything from there.
      isBuffer: true,
      tell: (event) => this.#client?.onEvent(event),
    }
  }

  get id(): SessionId {
    return this.#id
  }

  get attached(): Zxid {
    return this.#attached
  }

  get pending(): number {
    return this.#queue.length
  }

  get leaseUntil(): number {
    return -Infinity
  }

  born(id: SessionId, attached: Zxid): void {
    assert(this.#id === 0 && id > 0, 'a session is born once')
    assert(attached >= id, 'a session is attached after it was created')
    this.#id = id
    this.#attached = attached
  }

  confirm(): void {
    // Its client asks by itself whether it is heard: with pings.
  }

  takeBeat(): boolean {
    const touched = this.#touched
    this.#touched = false
    return touched
  }

  touch(): void {
    this.#touched = true
  }

  request(body: RequestBody, settle: (outcome: Outcome) => void): void {
    if (this.#ended) return
    if (body.kind === 'closeSession') this.#closing = true
    const client = this.#client
    const auth = client === undefined || client.auth.length === 0 ? undefined : client.auth
    const bytes = bytesOf(body) + (auth ?? []).reduce((sum, { id }) => sum + id.length, 0)
    this.#host.bytesInFlight += bytes
    this.#queue.push({
      body,
      bytes,
      auth,
      settle: (outcome) => {
        if (this.#client === client) settle(outcome)
      },
      fail: () => undefined,
    })
    this.#host.flushLater(this)
  }

  read(evaluate: () => void): void {
    const client = this.#client
    if (this.#ended || client === undefined) return
    if (this.#queue.length === 0) return evaluate()
    this.#queue.wait({
      evaluate: () => {
        // Nobody reads what comes after the end of the connection.
        if (this.#client === client) evaluate()
      },
      fail: () => undefined,
    })
  }

  stat(path: string): ReturnType<RemoteSession['stat']> {
    return statOf(this.#host.memory.tree, path, this.#auth)
  }

  data(path: string): ReturnType<RemoteSession['data']> {
    return dataOf(this.#host.memory.tree, path, this.#auth)
  }

  children(path: string): ReturnType<RemoteSession['children']> {
    return childrenOf(this.#host.memory.tree, path, this.#auth)
  }

  acl(path: string): ReturnType<RemoteSession['acl']> {
    return aclOf(this.#host.memory.tree, path, this.#auth)
  }

  ephemerals(prefix: string): string[] {
    return ephemeralsOf(this.#host.memory.tree, this.#id, prefix)
  }

  descendants(path: string): number {
    return descendantsOf(this.#host.memory.tree, path, this.#auth)
  }

  addWatch(path: string, kind: WatchKind): void {
    // No znode has such a path: there is nothing that such a watch could ever tell.
    if (this.#ended || path.length > PATH_BYTES_MAX) return
    const { watches } = this.#host.memory
    if (!watches.has(path, 'any', this.#watcher)) this.#countWatch(path)
    watches.add(path, kind, this.#watcher)
  }

  /** Watches go as they fire: what is left is counted again when the bound is met. */
  #countWatch(path: string): void {
    this.#watchBytes += WATCH_BYTES + path.length
    if (this.#watchBytes <= REMOTE_WATCH_BYTES_MAX) return
    this.#watchBytes = WATCH_BYTES + path.length
    for (const known of this.watchedPaths()) this.#watchBytes += WATCH_BYTES + known.length
    if (this.#watchBytes <= REMOTE_WATCH_BYTES_MAX) return
    throw new ZooKeeperError('OVERLOADED', 'the session has too many watches', { path })
  }

  hasWatch(path: string, kind: WatchKind | 'any'): boolean {
    return this.#host.memory.watches.has(path, kind, this.#watcher)
  }

  removeWatch(path: string, kind: WatchKind | 'any'): boolean {
    return this.#host.memory.watches.remove(path, kind, this.#watcher)
  }

  watchedPaths(): Iterable<string> {
    return this.#host.memory.watches.pathsOf(this.#watcher)
  }

  takeRequests(): SessionRequest[] {
    return this.#id === 0 ? [] : this.#queue.take(this.#id, this.#attached)
  }

  onOutcome(cxid: number, outcome: Outcome): void {
    const entry = this.#queue.settle(cxid)
    if (entry === undefined) return
    this.#host.bytesInFlight -= entry.request.bytes
    entry.request.settle(outcome)
    for (const read of entry.reads) read.evaluate()
  }

  onRecord(record: Pick<SessionRecord, 'id' | 'lastCxid' | 'outcomes'>): void {
    assert(record.id === this.#id, 'the record is of this session')
    for (const kept of record.outcomes) this.onOutcome(kept.cxid, kept.outcome)
    assert(record.lastCxid <= this.#queue.lastSettledCxid, 'the table keeps what is not settled')
  }

  refresh(): void {
    // Nothing of it is shown; the gateway looks at the replica.
  }

  refreshRefusal(): void {
    // What is refused is for the gateway to say.
  }

  /** A client may read what a replica without a leader has, but nothing that cannot be trusted. */
  failReads(): void {
    if (this.#host.isDiverged) this.#leave('failed')
  }

  end(why: SessionEnd, _refusal: Refusal, _pendingError: ZooKeeperError): void {
    if (this.#ended) return
    this.#ended = true
    for (const entry of this.#queue.drain()) this.#host.bytesInFlight -= entry.request.bytes
    this.#host.forget(this)
    this.#leave(why === 'expired' && this.#closing ? 'closed' : why)
  }

  /** The replica closes: the session stays for its client to attach elsewhere. */
  close(): Promise<void> {
    this.#leave('failed')
    return Promise.resolve()
  }

  detach(): void {
    this.#client = undefined
    this.#host.memory.watches.removeAll(this.#watcher)
  }

  get #auth(): RemoteClient['auth'] {
    return this.#client?.auth ?? []
  }

  #leave(why: RemoteEnd): void {
    const client = this.#client
    this.detach()
    client?.onEnd(why)
  }
}

function bytesOf(body: RequestBody): number {
  return 'path' in body || body.kind === 'multi' ? requestBytes(body) : 0
}
