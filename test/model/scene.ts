/** A model with one session, driven by short calls: for the model's own tests. */
import { Model } from './model.js'
import type { Executed } from './model.js'
import type {
  Acl,
  CreateRequest,
  Identity,
  Operation,
  Request,
  SessionId,
  Stat,
  Zxid,
} from './types.js'

const encoder = new TextEncoder()

/** The leader's clock: ms that can be told from zxids. */
export const EPOCH_MS = 5_000_000

export class Scene {
  readonly model: Model = new Model()
  readonly session: SessionId
  #cxids = new Map<SessionId, number>()

  constructor() {
    this.session = this.open()
  }

  get zxid(): Zxid {
    return this.model.lastZxid
  }

  open(replica = 1, incarnationKey = 7): SessionId {
    const zxid = this.zxid + 1
    this.model.openSession(zxid, 1000, { replica, incarnationKey, view: 1, number: zxid })
    return zxid
  }

  ask(request: Request, session: SessionId = this.session, auth?: readonly Identity[]): Executed {
    const cxid = (this.#cxids.get(session) ?? 0) + 1
    this.#cxids.set(session, cxid)
    const zxid = this.zxid + 1
    return this.model.execute(zxid, EPOCH_MS + zxid, { session, cxid, settled: 0, request, auth })
  }

  /** A session that can be attached. */
  openRemote(password: Uint8Array = bytes('password')): SessionId {
    const zxid = this.zxid + 1
    this.model.openSession(zxid, 1000, originOf(zxid), password)
    return zxid
  }

  attach(session: SessionId): string | undefined {
    const zxid = this.zxid + 1
    const refusal = this.model.attachSession(zxid, session, originOf(zxid))
    if (refusal === undefined) this.#cxids.set(session, 0)
    return refusal
  }

  /** The leader's cleaner comes so many ms after the epoch. */
  clean(path: string, ms: number): string | undefined {
    return this.model.clean(this.zxid + 1, EPOCH_MS + ms, path)
  }

  create(path: string, data = '', session: SessionId = this.session): Executed {
    return this.ask(create(path, data), session)
  }

  multi(...operations: readonly Operation[]): Executed {
    return this.ask({ kind: 'multi', operations })
  }

  stat(path: string, zxid: Zxid = this.zxid): Stat {
    const stat = this.model.exists(path, zxid)
    if (stat === undefined) throw new Error(`no znode ${path}`)
    return stat
  }

  names(path: string, zxid: Zxid = this.zxid): readonly string[] | undefined {
    return this.model.getChildren(path, zxid)?.children
  }
}

function originOf(number: number): {
  readonly replica: number
  readonly incarnationKey: number
  readonly view: number
  readonly number: number
} {
  return { replica: 2, incarnationKey: 9, view: 1, number }
}

/** That somebody may do so much, and nobody else anything. */
export function only(who: Identity, perms: number): readonly Acl[] {
  return [{ perms, ...who }]
}

export function bytes(text: string): Uint8Array {
  return encoder.encode(text)
}

export function create(path: string, data = ''): CreateRequest {
  return { kind: 'create', path, data: bytes(data), ephemeral: false, sequential: false }
}

export function ephemeral(path: string): CreateRequest {
  return { ...create(path), ephemeral: true }
}

export function sequential(path: string): CreateRequest {
  return { ...create(path), sequential: true }
}

export function set(path: string, data: string, version = -1): Operation & { kind: 'setData' } {
  return { kind: 'setData', path, data: bytes(data), version }
}

export function remove(path: string, version = -1): Operation & { kind: 'delete' } {
  return { kind: 'delete', path, version }
}

export function check(path: string, version = -1): Operation & { kind: 'check' } {
  return { kind: 'check', path, version }
}

/** The code of a refused request; 'OK' for one that was not. */
export function codeOf({ outcome }: Executed): string {
  return outcome.kind === 'ok' ? 'OK' : outcome.code
}
