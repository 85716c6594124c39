/**
 * What the application holds: ZooKeeper's client handle, or a namespace of it. Checks arguments and shapes results;
 * everything that needs order or time is the core's (session-core.ts) and the View's (view.ts), names are the scope's
 * (scope.ts), and what takes more than one request has files of its own.
 */
import type { Acl, Identity } from '../protocol/acl.js'
import type { OperationResult, OutcomeResult } from '../protocol/request.js'
import type { Stat } from '../protocol/stat.js'
import { created, createdWithStat, nothing, resultsFrom, statFrom } from './answers.js'
import type { Created } from './answers.js'
import { checkBoolean, checkOptions, checkPath, checkSignal } from './arguments.js'
import { shownIdentity, withProof } from './auth.js'
import { createPath } from './create-path.js'
import { deleteRecursive } from './delete-recursive.js'
import type { ReplicaHandle } from './handle.js'
import { CREATE_OP_OPTIONS } from './op.js'
import type { CreateOpOptions, Op } from './op.js'
import { removeQuota, setQuota } from './quota.js'
import type { QuotaLimits } from './quota.js'
import { ReadableSession, checkRequestOptions } from './readable-session.js'
import type { RequestOptions } from './readable-session.js'
import { createBody, deleteBody, multiBody, setAclBody, setDataBody } from './request-body.js'
import { attempt, Scope } from './scope.js'
import type { SessionCore } from './session-core.js'
import type { OnClose } from './session-life.js'
import { Transaction } from './transaction.js'

/** A string goes in as UTF-8. */
export type Data = string | Uint8Array

export interface CreateOptions extends RequestOptions, CreateOpOptions {
  /** Answer with `{ path, stat }` instead of the path. */
  readonly stat?: boolean | undefined
}

export interface CreatePathOptions extends RequestOptions, CreateOpOptions {}

const CREATE_PATH_OPTIONS = [...CREATE_OP_OPTIONS, 'signal']
const CREATE_OPTIONS = [...CREATE_PATH_OPTIONS, 'stat']

export class Session extends ReadableSession {
  readonly #core: SessionCore
  readonly #scope: Scope
  /** Of a namespace: the session itself. */
  readonly #whole: Session

  /** For the View only: `View.openSession` gives sessions. */
  constructor(
    core: SessionCore,
    replica: ReplicaHandle,
    onClose?: OnClose,
    part?: { readonly scope: Scope; readonly whole: Session },
  ) {
    const scope = part?.scope ?? new Scope(core)
    super(scope, replica, onClose, part?.whole)
    this.#core = core
    this.#scope = scope
    this.#whole = part?.whole ?? this
  }

  /**
   * The part of the tree below `path`, as a session whose root that is: same id, lease, order, identities and end, other
   * names. Creates nothing. Its 'watch' event and `removeWatches` are about watches that were set through it.
   */
  namespace(path: string): Session {
    const scope = this.#scope.below(path)
    return new Session(this.#core, this.replica, undefined, { scope, whole: this.#whole })
  }

  /** @returns The actual path, with its sequence number if it is sequential. */
  create(
    path: string,
    data?: Data,
    options?: CreateOptions & { stat?: false | undefined },
  ): Promise<string>
  create(
    path: string,
    data: Data | undefined,
    options: CreateOptions & { stat: true },
  ): Promise<Created>
  create(path: string, data?: Data, options?: CreateOptions): Promise<string | Created> {
    return attempt(() => {
      checkOptions(options, CREATE_OPTIONS)
      checkSignal(options?.signal)
      checkBoolean('stat', options?.stat)
      const body = createBody(this.#scope, path, data, options)
      const convert: (result: OutcomeResult) => string | Created =
        options?.stat === true ? createdWithStat(this.#scope) : created(this.#scope)
      return this.#scope.submit(body, options?.signal, convert)
    })
  }

  /**
   * As `create`, and creates the ancestors that are missing: plain znodes with the same ACL. What exists stays as it
   * is; if that is the znode itself, it is as if it had been created, unless it was to be ephemeral or sequential
   * (`NODE_EXISTS`). In a namespace nothing above its root is created.
   */
  createPath(path: string, data?: Data, options?: CreatePathOptions): Promise<string> {
    return attempt(() => {
      checkOptions(options, CREATE_PATH_OPTIONS)
      checkSignal(options?.signal)
      return createPath(this.#scope, path, data, options, options?.signal)
    })
  }

  /** Version −1 is "any". */
  delete(path: string, version = -1, options?: RequestOptions): Promise<void> {
    return attempt(() => {
      checkRequestOptions(options)
      return this.#scope.submit(deleteBody(this.#scope, path, version), options?.signal, nothing)
    })
  }

  /**
   * Deletes the znode and all below it, children first; resolves once it is gone. Not atomic: what others create
   * meanwhile is deleted too, and if it rejects, some of it is deleted already.
   */
  deleteRecursive(path: string, options?: RequestOptions): Promise<void> {
    return attempt(() => {
      checkRequestOptions(options)
      return deleteRecursive(this.#scope, path, options?.signal)
    })
  }

  /** Version −1 is "any". */
  setData(path: string, data: Data, version = -1, options?: RequestOptions): Promise<Stat> {
    return attempt(() => {
      checkRequestOptions(options)
      const body = setDataBody(this.#scope, path, data, version)
      return this.#scope.submit(body, options?.signal, statFrom)
    })
  }

  /** The version is the ACL's own, `stat.aversion`; −1 is "any". Fires no watch. */
  setACL(path: string, acl: readonly Acl[], version = -1, options?: RequestOptions): Promise<Stat> {
    return attempt(() => {
      checkRequestOptions(options)
      const body = setAclBody(this.#scope, path, acl, version)
      return this.#scope.submit(body, options?.signal, statFrom)
    })
  }

  /** All or nothing, in one zxid; results in the order of the operations. */
  multi(ops: readonly Op[], options?: RequestOptions): Promise<OperationResult[]> {
    return attempt(() => {
      checkRequestOptions(options)
      const body = multiBody(this.#scope, ops)
      return this.#scope.submit(body, options?.signal, resultsFrom(this.#scope))
    })
  }

  /** A multi put together step by step; `commit` sends it. */
  transaction(): Transaction {
    return new Transaction((ops, options) => this.multi(ops, options))
  }

  /** A read after it sees everything that was committed anywhere when it was called. */
  sync(path = '/', options?: RequestOptions): Promise<void> {
    return attempt(() => {
      checkRequestOptions(options)
      checkPath(path)
      return this.#scope.submit({ kind: 'sync' }, options?.signal, nothing)
    })
  }

  /**
   * Limits the subtree; limits that are not named stay, −1 removes one. Quotas do not lie in one another
   * (`BAD_ARGUMENTS`, told which).
   */
  setQuota(path: string, limits: QuotaLimits, options?: RequestOptions): Promise<void> {
    return attempt(() => {
      checkRequestOptions(options)
      return setQuota(this.#scope, path, limits, options?.signal)
    })
  }

  /** `NO_NODE` if there is none. */
  removeQuota(path: string, options?: RequestOptions): Promise<void> {
    return attempt(() => {
      checkRequestOptions(options)
      return removeQuota(this.#scope, path, options?.signal)
    })
  }

  /**
   * Proves who somebody is: for `digest`, `user:password`. From this call on the session asks as this identity too; it
   * cannot be taken back. The password is not kept. The user of `superDigest` may do everything.
   *
   * Rejects with `AUTH_FAILED` if nothing is proved (a scheme of another name, or malformed): the session goes on.
   */
  addAuth(scheme: string, auth: string | Uint8Array): Promise<void> {
    return attempt(() => {
      this.#scope.checkOpen()
      this.#core.auth = withProof(this.#core.auth, scheme, auth, this.#core.superDigest)
      return Promise.resolve()
    })
  }

  /** What addAuth has added; of `digest` the user alone. Empty for a session that is nobody in particular. */
  whoAmI(): Promise<Identity[]> {
    return attempt(() => {
      this.#scope.checkOpen()
      return Promise.resolve(this.#core.auth.map(shownIdentity))
    })
  }
}
