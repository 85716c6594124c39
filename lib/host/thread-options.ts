/** What crosses from the application's thread to the replica's: plain data. */
import type { ErrorCode } from '../protocol/error-code.js'
import type { ReplicaBounds, ReplicaTiming } from '../replica/options.js'

/** The ensemble: processes that share a directory, or a fixed list of members. */
export type Ensemble =
  | { readonly kind: 'shared'; readonly size: number }
  | {
      readonly kind: 'listed'
      readonly id: number
      readonly listen: string
      /** [id, address] of every voter. */
      readonly peers: readonly (readonly [number, string])[]
    }

export interface ThreadOptions {
  /** Absolute, symbolic links resolved. */
  readonly dir: string
  readonly ensemble: Ensemble
  readonly secret: Uint8Array | undefined
  readonly insecure: boolean
  /** For tests: what is rare in production. */
  readonly bounds: Partial<ReplicaBounds>
  readonly timing: Partial<ReplicaTiming>
}

/** Shared memory between the two threads, one int32 each. */
export const FLAG_GONE = 0
export const FLAG_RELEASED = 1
export const FLAGS = 2

/** Application's thread → replica's. An ArrayBuffer is a batch of the View. */
export type ToThread = ArrayBuffer | { readonly kind: 'close' } | { readonly kind: 'exit' }

/** Replica's thread → application's. */
export type FromThread =
  | ArrayBuffer
  /** The slot is taken and the replica runs. */
  | { readonly kind: 'ready'; readonly id: number }
  /** It cannot start; nothing is held. */
  | { readonly kind: 'refused'; readonly code: ErrorCode; readonly reason: string }
  | { readonly kind: 'failed'; readonly code: ErrorCode; readonly reason: string }
  | { readonly kind: 'closed' }
