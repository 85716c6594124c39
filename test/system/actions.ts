/** What a remote replica can be asked to do. Data only crosses; see remote-program.ts for what it means. */
import type { JoinInternals } from '../../lib/session/join.js'
import type { JoinOptions } from '../../lib/session/join-options.js'
import type { CreateOptions } from '../../lib/session/session.js'
import type { SessionState } from '../../lib/session/session-events.js'
import type { Status } from '../../lib/session/handle.js'
import type { Stat } from '../../lib/protocol/stat.js'

/** The number of a session of that process; 0 is the one that `join` gave. */
export type SessionNumber = number

export interface Joined {
  readonly id: number
  readonly session: number
  readonly timeout: number
}

/** One change of a session's state, as it was told. */
export interface StateSeen {
  readonly session: SessionNumber
  readonly state: SessionState
  readonly code: string | undefined
  /** Wall clock, ms. */
  readonly at: number
}

export interface WriterReport {
  readonly writes: number
  readonly longestGapMs: number
}

export interface BlockReport {
  readonly aliveBefore: boolean
  /** Read by the first instruction after the block. */
  readonly aliveAfter: boolean
  readonly stateAfter: SessionState
}

export interface Actions {
  join(options: JoinOptions, internals: JoinInternals): Joined
  openSession(timeout: number): Joined & { readonly number: SessionNumber }
  create(path: string, data: string, options?: CreateOptions, number?: SessionNumber): string
  /** Pipelined: all issued before the first is answered. */
  createMany(parent: string, first: number, count: number, bytes: number): void
  setMany(path: string, count: number, bytes: number): Stat
  /** Issued and not waited for; `settled` tells how many of them have been answered by now. */
  issue(parent: string, first: number, count: number): void
  settled(): { readonly resolved: number; readonly rejected: number }
  setData(path: string, data: string, version?: number): Stat
  delete(path: string): void
  exists(path: string): boolean
  /** From memory, without asking anybody. */
  children(path: string): string[]
  data(path: string): string
  sync(): void
  status(): Status
  metrics(): Readonly<Record<string, number>>
  states(): readonly StateSeen[]
  state(number?: SessionNumber): { readonly state: SessionState; readonly alive: boolean }
  /** The main thread does nothing else for so long. */
  block(ms: number): BlockReport
  startWriter(path: string): void
  stopWriter(): WriterReport
  /** Reads the file and closes it again, as a backup script would. */
  readFile(path: string): number
  closeSession(number: SessionNumber): void
  close(timeout?: number): { readonly ms: number }
  memory(): { readonly heapUsed: number; readonly rss: number }
}

/** Parent → child. */
export interface Call {
  readonly number: number
  readonly action: keyof Actions
  readonly args: readonly unknown[]
}

/** Child → parent. */
export type Reply =
  | { readonly number: number; readonly value: unknown }
  | { readonly number: number; readonly error: { readonly code: string; readonly message: string } }
