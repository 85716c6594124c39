/** Builders for the operations of a multi. They only hold what they are given: `multi` checks and copies it. */

export interface CreateOp {
  readonly kind: 'create'
  readonly path: string
  readonly data: string | Uint8Array | undefined
  readonly options: CreateOpOptions | undefined
}

export interface CreateOpOptions {
  readonly ephemeral?: boolean | undefined
  readonly sequential?: boolean | undefined
}

export interface DeleteOp {
  readonly kind: 'delete'
  readonly path: string
  readonly version: number
}

export interface SetDataOp {
  readonly kind: 'setData'
  readonly path: string
  readonly data: string | Uint8Array
  readonly version: number
}

export interface CheckOp {
  readonly kind: 'check'
  readonly path: string
  readonly version: number
}

/** One operation of a multi, as the `op` builders make it. */
export type Op = CreateOp | DeleteOp | SetDataOp | CheckOp

export interface OpBuilders {
  create(path: string, data?: string | Uint8Array, options?: CreateOpOptions): CreateOp
  /** Version −1 is "any". */
  delete(path: string, version?: number): DeleteOp
  /** Version −1 is "any". */
  setData(path: string, data: string | Uint8Array, version?: number): SetDataOp
  /** Holds if the znode exists and, unless −1, has that version. */
  check(path: string, version?: number): CheckOp
}

export const op: OpBuilders = {
  create: (path, data, options) => ({ kind: 'create', path, data, options }),
  delete: (path, version = -1) => ({ kind: 'delete', path, version }),
  setData: (path, data, version = -1) => ({ kind: 'setData', path, data, version }),
  check: (path, version = -1) => ({ kind: 'check', path, version }),
}
