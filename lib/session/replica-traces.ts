/**
 * `vivarium:election`, `vivarium:snapshot` and `vivarium:fsync` of `node:diagnostics_channel`: what takes time in the
 * replica's thread, published in the application's. The replica reports only what somebody here subscribes to; the View
 * looks now and then, so that the first events after a subscription may be missed.
 */
import { channel } from 'node:diagnostics_channel'
import type {
  ElectionTrace,
  FsyncTrace,
  SnapshotTrace,
  Trace,
  TraceKind,
} from '../replica/view-message.js'

const CHANNELS = {
  election: channel('vivarium:election'),
  snapshot: channel('vivarium:snapshot'),
  fsync: channel('vivarium:fsync'),
}
const KINDS: readonly TraceKind[] = ['election', 'snapshot', 'fsync']

/** What the channels carry: the facts, and the id of the replica. */
export type ElectionMessage = Omit<ElectionTrace, 'kind'> & { readonly replica: number }
export type SnapshotMessage = Omit<SnapshotTrace, 'kind'> & { readonly replica: number }
export type FsyncMessage = Omit<FsyncTrace, 'kind'> & { readonly replica: number }

export class ReplicaTraces {
  /** As the replica was last told. */
  #on: readonly TraceKind[] = []

  /** What it is to report from now on, if that is not what it was told. */
  change(): readonly TraceKind[] | undefined {
    const isSame = KINDS.every((kind) => CHANNELS[kind].hasSubscribers === this.#on.includes(kind))
    if (isSame) return undefined
    this.#on = KINDS.filter((kind) => CHANNELS[kind].hasSubscribers)
    return this.#on
  }

  publish(replica: number, traces: readonly Trace[]): void {
    for (const { kind, ...facts } of traces) CHANNELS[kind].publish({ replica, ...facts })
  }
}
