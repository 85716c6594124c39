/** What a member of the ensemble is told at birth. */
export interface ZabOptions<T> {
  readonly id: number
  /** Ids of all voters, ascending. Fixed for the life of the ensemble. */
  readonly voterIds: readonly number[]
  /** This database, as its links and the registry know it. */
  readonly incarnation: { readonly incarnation: number; readonly incarnationKey: number }
  /** Approximate bytes of a txn, for windows and the size of the log. */
  readonly sizeOf: (txn: T) => number
  readonly timing: ZabTiming
  /** Last counter of an epoch that is used; COUNTER_MAX but in tests. */
  readonly counterMax: number
  /** Bytes of proposals on their way to one learner, not acknowledged yet; the rest waits in the log. */
  readonly windowBytes: number
}

export interface ZabTiming {
  /** A leader pings this often. */
  readonly tickMs: number
  /** A peer that was silent for so long is taken for gone. */
  readonly silenceMs: number
  /** Discovery and synchronization may take so long without progress. */
  readonly initMs: number
  /** After a quorum has agreed on a vote, how long a better one is waited for. */
  readonly finalizeMs: number
  /** A looking member repeats its vote first after so long, then at twice the interval … */
  readonly notificationMs: number
  /** … up to this. */
  readonly notificationMaxMs: number
}

export const DEFAULT_TIMING: ZabTiming = {
  tickMs: 100,
  silenceMs: 3000,
  initMs: 10_000,
  finalizeMs: 200,
  notificationMs: 200,
  notificationMaxMs: 3000,
}
