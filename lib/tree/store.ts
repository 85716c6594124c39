/**
 * What applying a txn needs of the state it applies to. Two hold such a state: the tree (what is
 * committed) and the overlay (what the tree will be once everything proposed is committed). One
 * apply code runs on both, so that what a leader foresees is what every replica then does.
 */
import type { Acl } from '../protocol/acl.js'
import type { Outcome, SessionId, SessionOrigin } from '../protocol/request.js'
import type { Zxid } from '../protocol/zxid.js'
import type { MemberRecord } from './record.js'
import type { Digest } from './txn.js'
import type { Znode } from './znode.js'

/** A session as apply sees it. */
export interface SessionSlot {
  readonly id: SessionId
  readonly origin: SessionOrigin
  /** It belongs to a client elsewhere. */
  readonly isRemote: boolean
  readonly lastCxid: number
  /** Its part of the digest, kept outcomes included. */
  readonly hash: Digest
  /** Drops the outcomes up to this cxid. */
  forget(settled: number): void
  /** Adds an outcome; its cxid becomes the session's last. */
  keep(cxid: number, zxid: Zxid, outcome: Outcome): void
}

export interface Store {
  /** Of all that it holds. Apply subtracts what it is about to change and adds what came of it. */
  digest: Digest
  /** Whether outcomes are wanted with paths and stats, or only as success and failure. */
  readonly keepsResults: boolean

  /** To look at. */
  get(path: string): Znode | undefined
  /** To change in place, by the txn being applied. */
  change(path: string): Znode | undefined
  /** `parent` came from `change` in the same txn. An ephemeral's session must exist. */
  insert(path: string, znode: Znode, parentPath: string, parent: Znode): void
  /** `parent` came from `change` in the same txn; `znode` is what `get` gives. */
  remove(path: string, znode: Znode, parentPath: string, parent: Znode): void
  /** The data of `znode`, which came from `change` in the same txn, is now longer by `bytes`. */
  dataChanged(path: string, znode: Znode, bytes: number): void
  /** A znode is about to have `after` instead of `before`. @returns the list to give it for `after`. */
  replaceAcl(before: readonly Acl[], after: readonly Acl[]): readonly Acl[]

  hasSession(id: SessionId): boolean
  changeSession(id: SessionId): SessionSlot | undefined
  /** With a password it is a remote session. */
  openSession(
    id: SessionId,
    timeoutMs: number,
    origin: SessionOrigin,
    password: Uint8Array | undefined,
  ): SessionSlot
  /** The remote session belongs to the View of that origin from the txn at `zxid` on. */
  attachSession(session: SessionSlot, origin: SessionOrigin, zxid: Zxid): void
  /** The session owns no ephemerals any more. */
  endSession(session: SessionSlot): void

  member(replica: number): MemberRecord | undefined
  setMember(member: MemberRecord): void
}
