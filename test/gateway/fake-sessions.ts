// Sessions without a replica: writes wait until the test settles them, everything else is as empty as it may be.
import type {
  Outcome,
  RemoteClient,
  RemoteSession,
  RemoteSessions,
  RequestBody,
  Status,
  WatchKind,
} from '../../lib/session/remote.js'
import { ZooKeeperError } from '../../lib/session/remote.js'

interface Write {
  readonly body: RequestBody
  readonly settle: (outcome: Outcome) => void
  readonly reads: (() => void)[]
}

export class FakeSession implements RemoteSession {
  readonly id: number
  readonly password: Uint8Array = new Uint8Array(16).fill(7)
  readonly timeoutMs: number
  readonly client: RemoteClient
  readonly writes: Write[] = []
  readonly watches: string[] = []
  touched = 0
  isDetached = false
  /** What reads throw, to play a defect. */
  defect: Error | undefined
  bytes: Uint8Array | undefined

  constructor(id: number, timeoutMs: number, client: RemoteClient) {
    this.id = id
    this.timeoutMs = timeoutMs
    this.client = client
  }

  touch(): void {
    this.touched += 1
  }

  request(body: RequestBody, settle: (outcome: Outcome) => void): void {
    this.writes.push({ body, settle, reads: [] })
  }

  read(evaluate: () => void): void {
    const last = this.writes.at(-1)
    if (last === undefined) evaluate()
    else last.reads.push(evaluate)
  }

  /** Settles the oldest write, and evaluates what waited for it. */
  settle(zxid: number, code?: 'NODE_EXISTS'): void {
    const write = this.writes.shift()
    if (write === undefined) throw new Error('nothing to settle')
    write.settle(
      code === undefined
        ? { kind: 'ok', zxid, result: { kind: 'none' } }
        : { kind: 'error', zxid, code },
    )
    for (const evaluate of write.reads) evaluate()
  }

  stat(): undefined {
    if (this.defect !== undefined) throw this.defect
    return undefined
  }

  data(path: string): ReturnType<RemoteSession['data']> {
    if (this.bytes === undefined) throw new ZooKeeperError('NO_NODE', path)
    return { data: this.bytes, stat: STAT }
  }

  children(path: string): never {
    throw new ZooKeeperError('NO_NODE', path)
  }

  acl(path: string): never {
    throw new ZooKeeperError('NO_NODE', path)
  }

  ephemerals(): string[] {
    return []
  }

  descendants(): number {
    return 0
  }

  addWatch(path: string, kind: WatchKind): void {
    this.watches.push(`${kind} ${path}`)
  }

  hasWatch(): boolean {
    return false
  }

  removeWatch(): boolean {
    return false
  }

  watchedPaths(): string[] {
    return []
  }

  detach(): void {
    this.isDetached = true
  }
}

/** Each `open` and `attach` waits for the test, unless `isPrompt`. */
export class FakeSessions implements RemoteSessions {
  isServing = true
  isFull = false
  lastZxid = 1000
  readonly ephemeralCount = 0
  readonly opened: FakeSession[] = []
  isPrompt = true
  readonly waiting: ((error?: Error) => void)[] = []
  /** What `attach` rejects with. */
  refusal: ZooKeeperError | undefined

  status(): Status {
    return STATUS
  }

  values: Readonly<Record<string, number>> = {}

  metrics(): Readonly<Record<string, number>> {
    return this.values
  }

  all(): [] {
    return []
  }

  open(timeoutMs: number, client: RemoteClient): Promise<RemoteSession> {
    return this.#answer(new FakeSession(900 + this.opened.length, timeoutMs, client))
  }

  attach(id: number, _password: Uint8Array, client: RemoteClient): Promise<RemoteSession> {
    if (this.refusal !== undefined) return Promise.reject(this.refusal)
    return this.#answer(new FakeSession(id, 10_000, client))
  }

  /** The newest. */
  get last(): FakeSession {
    const last = this.opened.at(-1)
    if (last === undefined) throw new Error('no session')
    return last
  }

  #answer(session: FakeSession): Promise<RemoteSession> {
    this.opened.push(session)
    if (this.isPrompt) return Promise.resolve(session)
    return new Promise((resolve, reject) => {
      this.waiting.push((error) => (error === undefined ? resolve(session) : reject(error)))
    })
  }
}

const STAT = {
  czxid: 1,
  mzxid: 1,
  pzxid: 1,
  ctime: 0,
  mtime: 0,
  version: 0,
  cversion: 0,
  aversion: 0,
  ephemeralOwner: 0,
  dataLength: 0,
  numChildren: 0,
}

const STATUS: Status = {
  id: 1,
  role: 'leading',
  epoch: 1,
  leader: 1,
  established: true,
  voter: true,
  voters: [1],
  connected: [],
  peers: [],
  clusterId: 'fake',
  lastLogged: 1000,
  lastCommitted: 1000,
  waitingFor: undefined,
  lastZxid: 1000,
  digest: 7,
  sessions: 0,
  ownSessions: 0,
  watches: 0,
  znodes: 4,
  ephemerals: 0,
  bytes: 100,
  at: 0,
}
