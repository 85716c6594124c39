/** Builders for the operations of a multi and of a multiRead. They only hold what they are given: those check and copy it. */
import type { Acl } from '../protocol/acl.js'
import type { Encoding } from './data.js'

export interface CreateOp {
  readonly kind: 'create'
  readonly path: string
  readonly data: string | Uint8Array | undefined
  readonly options: CreateOpOptions | undefined
}

export interface CreateOpOptions {
  /** It goes with its session, and has no children. */
  readonly ephemeral?: boolean | undefined
  /** The name gets a number of ten digits: how many children the parent ever had. */
  readonly sequential?: boolean | undefined
  /** Some time after its last child is gone, the leader deletes it. Neither ephemeral nor sequential. */
  readonly container?: boolean | undefined
  /** ms that it stays without children after its data was last set, by the leader's clock. Not ephemeral. */
  readonly ttl?: number | undefined
  /** Who may do what; `acl.open` unless told. */
  readonly acl?: readonly Acl[] | undefined
}

export const CREATE_OP_OPTIONS: readonly string[] = [
  'ephemeral',
  'sequential',
  'container',
  'ttl',
  'acl',
] satisfies (keyof CreateOpOptions)[]

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

export interface GetDataOp<E extends Encoding = Encoding> {
  readonly kind: 'getData'
  readonly path: string
  readonly encoding: E | undefined
}

export interface GetChildrenOp {
  readonly kind: 'getChildren'
  readonly path: string
}

/** One read of a multiRead, as the `op` builders make it. */
export type ReadOp = GetDataOp | GetChildrenOp

export interface OpBuilders {
  create(path: string, data?: string | Uint8Array, options?: CreateOpOptions): CreateOp
  /** Version −1 is "any". */
  delete(path: string, version?: number): DeleteOp
  /** Version −1 is "any". */
  setData(path: string, data: string | Uint8Array, version?: number): SetDataOp
  /** Holds if the znode exists and, unless −1, has that version. */
  check(path: string, version?: number): CheckOp
  /** Of a multiRead. */
  getData<E extends Encoding = 'buffer'>(
    path: string,
    options?: { readonly encoding?: E | undefined },
  ): GetDataOp<E>
  /** Of a multiRead. */
  getChildren(path: string): GetChildrenOp
}

export const op: OpBuilders = {
  create: (path, data, options) => ({ kind: 'create', path, data, options }),
  delete: (path, version = -1) => ({ kind: 'delete', path, version }),
  setData: (path, data, version = -1) => ({ kind: 'setData', path, data, version }),
  check: (path, version = -1) => ({ kind: 'check', path, version }),
  getData: (path, options) => ({ kind: 'getData', path, encoding: options?.encoding }),
  getChildren: (path) => ({ kind: 'getChildren', path }),
}
