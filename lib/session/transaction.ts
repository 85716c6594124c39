/** A multi put together step by step. It only collects: nothing is checked, copied or sent before `commit`. */
import type { OperationResult } from '../protocol/request.js'
import { badArguments } from './arguments.js'
import { op } from './op.js'
import type { CreateOpOptions, Op } from './op.js'

interface CommitOptions {
  readonly signal?: AbortSignal | undefined
}

type Commit = (ops: readonly Op[], options?: CommitOptions) => Promise<OperationResult[]>

/** As `Session.transaction` gives it. */
export class Transaction {
  readonly #commit: Commit
  readonly #ops: Op[] = []
  #committed = false

  constructor(commit: Commit) {
    this.#commit = commit
  }

  create(path: string, data?: string | Uint8Array, options?: CreateOpOptions): this {
    return this.#add(op.create(path, data, options))
  }

  /** Version −1 is "any". */
  delete(path: string, version = -1): this {
    return this.#add(op.delete(path, version))
  }

  /** Version −1 is "any". */
  setData(path: string, data: string | Uint8Array, version = -1): this {
    return this.#add(op.setData(path, data, version))
  }

  /** Holds if the znode exists and, unless −1, has that version. */
  check(path: string, version = -1): this {
    return this.#add(op.check(path, version))
  }

  /**
   * As `Session.multi`: all or nothing, one result per operation. Once only.
   *
   * @throws TypeError (`BAD_ARGUMENTS`) the second time.
   */
  commit(options?: CommitOptions): Promise<OperationResult[]> {
    if (this.#committed) return Promise.reject(badArguments('a transaction is committed once'))
    this.#committed = true
    return this.#commit(this.#ops, options)
  }

  #add(operation: Op): this {
    if (this.#committed) throw badArguments('the transaction is committed already')
    this.#ops.push(operation)
    return this
  }
}
