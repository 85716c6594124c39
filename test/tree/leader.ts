/**
 * A leader reduced to its state machine: prepares requests over an overlay and commits them to a
 * tree when told to, as late as the test likes. And dice that make up requests for it.
 */
import type { Random } from '../../lib/base/random.js'
import { PERMS } from '../../lib/protocol/acl.js'
import type { Acl, Identity } from '../../lib/protocol/acl.js'
import type {
  CreateOperation,
  Operation,
  RequestBody,
  SessionId,
  SessionRequest,
} from '../../lib/protocol/request.js'
import { makeZxid } from '../../lib/protocol/zxid.js'
import type { Zxid } from '../../lib/protocol/zxid.js'
import type { Applied } from '../../lib/tree/change.js'
import { Overlay } from '../../lib/tree/overlay.js'
import {
  prepare,
  prepareCloseSession,
  prepareCreateSession,
  prepareDeleteExpired,
  prepareRegister,
} from '../../lib/tree/prepare.js'
import { Tree } from '../../lib/tree/tree.js'
import type { Positioned } from '../../lib/tree/tree.js'
import type { Txn, TxnBody } from '../../lib/tree/txn.js'

const EPOCH = 7

/** Paths of the znodes that every tree has from the start. */
export const ALWAYS: readonly string[] = [...new Tree().znodes.keys()]

export class Leader {
  readonly tree: Tree = new Tree()
  readonly overlay: Overlay = new Overlay(this.tree)
  /** Everything prepared, committed or not. */
  readonly log: Positioned[] = []
  committed: number = 0
  wall: number = 1_700_000_000_000
  readonly #cxids: Map<SessionId, number> = new Map()
  #sessions: number = 0
  /** Requests whose outcomes are kept; the others count as settled. */
  readonly #window: number

  constructor(window: number = 8) {
    this.#window = window
  }

  get nextZxid(): Zxid {
    return makeZxid(EPOCH, this.log.length + 1)
  }

  openSession(replica: number = 1, incarnationKey: number = 11): SessionId {
    const origin = { replica, incarnationKey, view: 1, number: ++this.#sessions }
    const request = { kind: 'createSession', origin, timeoutMs: 10_000 } as const
    const zxid = this.nextZxid
    this.#append(prepareCreateSession(this.overlay, request, zxid, this.wall))
    this.#cxids.set(zxid, 0)
    return zxid
  }

  /** Prepares a session's next request. */
  submit(session: SessionId, body: RequestBody, auth?: readonly Identity[]): TxnBody {
    const request = { ...this.request(session, body), auth }
    this.#cxids.set(session, request.cxid)
    return this.#append(prepare(this.overlay, request, this.nextZxid, this.wall)).body
  }

  /** The session's next request, not prepared yet. */
  request(session: SessionId, body: RequestBody): SessionRequest {
    const cxid = (this.#cxids.get(session) ?? 0) + 1
    const settled = Math.max(0, cxid - 1 - this.#window)
    return { kind: 'request', session, cxid, settled, body }
  }

  /** Deletes a znode that is due; `undefined` if it is not. */
  clean(path: string): TxnBody | undefined {
    const txn = prepareDeleteExpired(this.overlay, path, this.nextZxid, this.wall)
    return txn && this.#append(txn).body
  }

  expire(session: SessionId): TxnBody {
    const zxid = this.nextZxid
    return this.#append(prepareCloseSession(this.overlay, session, zxid, this.wall)).body
  }

  register(replica: number, databaseId: string, incarnation: number, key: number): TxnBody {
    const member = {
      replica,
      incarnation: { databaseId, incarnation, incarnationKey: key },
      process: undefined,
    }
    return this.#append(prepareRegister(this.overlay, member, false, this.nextZxid, this.wall)).body
  }

  /**
   * Applies the oldest `count` prepared txns that are not applied yet, and by default prunes the
   * overlay.
   */
  commit(count: number = Infinity, prunes: boolean = true): Applied[] {
    const end = Math.min(this.log.length, this.committed + count)
    const applied: Applied[] = []
    for (; this.committed < end; this.committed++) {
      applied.push(this.tree.apply(this.log[this.committed]!, 'strict'))
    }
    if (prunes) this.overlay.prune(this.tree.lastZxid)
    return applied
  }

  #append(txn: Txn): Txn {
    this.log.push({ zxid: this.nextZxid, txn })
    this.wall += 3
    return txn
  }
}

export function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}

export function create(path: string, flags: Partial<CreateOperation> = {}): CreateOperation {
  return { kind: 'create', path, data: undefined, ephemeral: false, sequential: false, ...flags }
}

export function setData(path: string, text: string, version: number = -1): RequestBody & Operation {
  return { kind: 'setData', path, data: bytes(text), version }
}

export function remove(path: string, version: number = -1): RequestBody & Operation {
  return { kind: 'delete', path, version }
}

export function check(path: string, version: number = -1): Operation {
  return { kind: 'check', path, version }
}

export function multi(...operations: Operation[]): RequestBody {
  return { kind: 'multi', operations }
}

/**
 * One random step: a request over few paths, so that most of what can collide does; or sessions
 * coming and going.
 */
export function randomStep(leader: Leader, random: Random): void {
  const sessions = [...leader.overlay.sessions()].map((session) => session.id)
  if (sessions.length === 0 || random.chance(0.03)) {
    leader.openSession(random.range(1, 3), random.range(1, 2))
    return
  }
  const session = random.pick(sessions)
  const dice = random.next()
  if (dice < 0.02) leader.submit(session, { kind: 'closeSession' })
  else if (dice < 0.03) leader.expire(session)
  else if (dice < 0.05) {
    leader.register(random.range(1, 3), random.pick(['a', 'b']), 1, random.range(1, 2))
  } else if (dice < 0.08) leader.submit(session, { kind: 'sync' })
  else if (dice < 0.25) {
    const operations = Array.from({ length: random.integer(5) }, () => randomOperation(random))
    leader.submit(session, multi(...operations))
  } else if (dice < 0.28) leader.clean(randomPath(random))
  else if (dice < 0.33) {
    const acl = random.pick(ACLS) ?? []
    leader.submit(session, { kind: 'setAcl', path: randomPath(random), acl, version: -1 }, SUPER)
  } else leader.submit(session, randomSingle(random), random.pick([undefined, USER, SUPER, SUPER]))
}

const SUPER: readonly Identity[] = [{ scheme: 'super', id: '' }]
const USER: readonly Identity[] = [{ scheme: 'digest', id: 'user:hash' }]

/** None stands for everybody, or where there must be one, for one that is refused. */
const ACLS: readonly (readonly Acl[] | undefined)[] = [
  undefined,
  [{ perms: PERMS.ALL, scheme: 'world', id: 'anyone' }],
  [{ perms: PERMS.ALL - PERMS.WRITE, scheme: 'world', id: 'anyone' }],
  [{ perms: PERMS.ALL, scheme: 'digest', id: 'user:hash' }],
  [{ perms: PERMS.ALL, scheme: 'auth', id: '' }],
]

/** Quotas on /a and /a/b, one in the other. */
const QUOTA_PATHS: readonly string[] = [
  '/zookeeper/quota/a',
  '/zookeeper/quota/a/zookeeper_limits',
  '/zookeeper/quota/a/b',
  '/zookeeper/quota/a/b/zookeeper_limits',
]

function randomQuota(random: Random): Operation & RequestBody {
  const path = random.pick(QUOTA_PATHS)
  const bytesMax = random.range(100, 600)
  const data = bytes(
    `count=${random.integer(5)},bytes=-1=;byteHardLimit=${bytesMax};countHardLimit=9`,
  )
  const dice = random.next()
  if (dice < 0.6) return create(path, { data })
  return dice < 0.8 ? remove(path) : { kind: 'setData', path, data, version: -1 }
}

function randomOperation(random: Random): Operation {
  return random.chance(0.2)
    ? check(randomPath(random), randomVersion(random))
    : randomSingle(random)
}

function randomSingle(random: Random): Operation & RequestBody {
  const path = randomPath(random)
  const dice = random.next()
  if (dice < 0.08) return randomQuota(random)
  if (dice < 0.5) {
    const ephemeral = random.chance(0.3)
    const sequential = random.chance(0.3)
    const flags = { data: randomData(random), ephemeral, sequential, acl: random.pick(ACLS) }
    const retention = random.chance(0.8) ? undefined : random.pick([-1, 1, 100])
    return create(path, { ...flags, retention: ephemeral ? undefined : retention })
  }
  if (dice < 0.8) return remove(path, randomVersion(random))
  return { kind: 'setData', path, data: randomData(random), version: randomVersion(random) }
}

function randomPath(random: Random): string {
  let path = ''
  for (let depth = random.range(1, 3); depth > 0; depth--)
    path += `/${random.pick(['a', 'b', 'c'])}`
  return random.chance(0.05) ? `${path}000000000${random.integer(10)}` : path
}

function randomVersion(random: Random): number {
  return random.chance(0.8) ? -1 : random.integer(3)
}

function randomData(random: Random): Uint8Array | undefined {
  if (random.chance(0.1)) return undefined
  return new Uint8Array(random.integer(200)).fill(random.integer(256))
}
