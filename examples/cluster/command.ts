/** What the primary asks of a worker, and what it answers: plain data, over the channel of node:cluster. */

export type Command =
  | { readonly kind: 'status' }
  | { readonly kind: 'create'; readonly path: string; readonly ephemeral: boolean }
  | { readonly kind: 'set'; readonly path: string; readonly data: string }
  /** Until this worker's tree has come to that zxid, then read there. */
  | { readonly kind: 'read'; readonly path: string; readonly zxid: number }
  /** Leaves a watch; `fired` waits for it. */
  | { readonly kind: 'watch'; readonly path: string }
  | { readonly kind: 'fired'; readonly path: string }
  /** Creates under `path` with `window` creates in flight, and kills the victim in the middle of it. */
  | {
      readonly kind: 'flood'
      readonly path: string
      readonly window: number
      readonly victim: number
    }
  | { readonly kind: 'count'; readonly path: string }
  | { readonly kind: 'close' }

/** All times are ms of the machine's monotonic clock, which its processes share. */
export interface Answers {
  status: StatusAnswer
  create: WriteAnswer
  set: WriteAnswer
  read: { readonly data: string; readonly readMicros: number }
  watch: Record<string, never>
  fired: FiredAnswer
  flood: FloodAnswer
  count: CountAnswer
  close: { readonly tookMs: number }
}

export interface StatusAnswer {
  readonly id: number
  readonly pid: number
  readonly leader: number
  readonly epoch: number
  readonly lastZxid: number
  readonly digest: number
}

export interface WriteAnswer {
  readonly path: string
  readonly zxid: number
  readonly at: number
  readonly tookMs: number
}

export interface FiredAnswer {
  readonly type: string
  readonly at: number
  /** What a read inside the callback saw. */
  readonly data: string | undefined
}

export interface FloodAnswer {
  readonly killedAt: number
  readonly settledBefore: number
  readonly inFlight: number
  /** First commit of a new epoch, and the last of all. */
  readonly nextCommitAt: number
  readonly settledAt: number
  readonly byOldLeader: number
  readonly byNewLeader: number
}

export interface CountAnswer {
  readonly count: number
  /** The i-th child has sequence number i and was the i-th to be asked for. */
  readonly isInOrder: boolean
  readonly distinctZxids: number
}

export type Answer<K extends Command['kind']> = Answers[K]

export interface Question {
  readonly number: number
  readonly command: Command
}

export type Reply =
  | { readonly number: number; readonly answer: Answers[keyof Answers] }
  | { readonly number: number; readonly error: string }

/** ms of the clock that all processes of the machine share. */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1e6
}
