/**
 * Opens a replica: finds its slot, its database and its address, and starts its host.
 *
 * In a shared directory a slot is taken by its lock, and only if nobody answers on its socket either; identity
 * comes from the slot, never from a pid, so that a successor inherits log, epochs and vote.
 */
import { randomBytes } from 'node:crypto'
import { chmodSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { Random } from '../base/random.js'
import type { ErrorCode } from '../protocol/error-code.js'
import type { ReplicaOptions } from '../replica/options.js'
import { DEFAULT_BOUNDS, DEFAULT_REPLICA_TIMING } from '../replica/options.js'
import type { ViewInput } from '../replica/view-message.js'
import { SlotLock } from '../storage/slot-lock.js'
import { SqliteStorage } from '../storage/sqlite-storage.js'
import { StorageError } from '../storage/storage-error.js'
import type { Storage } from '../storage/storage.js'
import { SocketTransport } from '../transport/socket-transport.js'
import { TransportError } from '../transport/transport-error.js'
import { agreeOn, isOwn } from './ensemble-file.js'
import { Host } from './host.js'
import { isAnswered } from './probe.js'
import { ownProcess } from './process-identity.js'
import type { ThreadOptions } from './thread-options.js'

export interface HostEvents {
  toView(view: number, inputs: readonly ViewInput[]): void
  failed(code: ErrorCode, reason: string): void
}

export interface OpenedReplica {
  readonly id: number
  readonly host: Host
}

/** What identifies one slot: its files and its address. */
interface Slot {
  readonly id: number
  readonly voterIds: readonly number[]
  readonly path: string
  readonly lockPath: string
  readonly listen: string
  readonly peers: ReadonlyMap<number, string>
}

/** @throws StorageError or TransportError with a code; or a `NoSlotError`. Nothing is held then. */
export async function openReplica(
  options: ThreadOptions,
  events: HostEvents,
): Promise<OpenedReplica> {
  mkdirSync(options.dir, { recursive: true, mode: 0o700 })
  const { ensemble } = options
  if (ensemble.kind === 'listed') {
    const peers = new Map(ensemble.peers)
    const voterIds = [...peers.keys()].sort((a, b) => a - b)
    const files = filesOf(options.dir, ensemble.id)
    return openSlot(
      options,
      { id: ensemble.id, voterIds, ...files, listen: ensemble.listen, peers },
      events,
    )
  }
  return openFreeSlot(options, ensemble.size, events)
}

async function openFreeSlot(
  options: ThreadOptions,
  size: number,
  events: HostEvents,
): Promise<OpenedReplica> {
  const { sockets } = agreeOn(options.dir, size)
  const voterIds = Array.from({ length: size }, (_, index) => index + 1)
  const peers = new Map(voterIds.map((id) => [id, `unix:${join(sockets, `${id}.sock`)}`]))
  for (const [id, listen] of peers) {
    const slot = { id, voterIds, ...filesOf(options.dir, id), listen, peers }
    try {
      return await openSlot(options, slot, events)
    } catch (error) {
      const isTaken = hasCode(error) && error.code === 'SLOT_TAKEN'
      if (!isTaken) throw error
    }
  }
  throw new NoSlotError(options.dir, size)
}

async function openSlot(
  options: ThreadOptions,
  slot: Slot,
  events: HostEvents,
): Promise<OpenedReplica> {
  const { id, voterIds, path, lockPath } = slot
  const identity = { replicaId: id, voterIds }
  // One lock for the whole life of the replica, also while it loads its database again.
  const lock = new SlotLock(lockPath)
  const create = (): Storage => new SqliteStorage({ path, lockPath, lock, identity })
  if (await isAnswered(slot.listen)) {
    throw new StorageError('SLOT_TAKEN', `another process listens on ${slot.listen}`)
  }
  lock.acquire()
  const storage = create()
  try {
    const opened = { storage, recovered: storage.open() }
    makePrivate(options.dir)
    const host = new Host({
      replica: replicaOptions(options, slot),
      random: new Random(randomBytes(6).readUIntBE(0, 6)),
      storage: create,
      releaseSlot: () => lock.release(),
      opened,
      transport: ({ identity: member, accept }) => {
        const { secret, insecure } = options
        const { listen, peers } = slot
        return new SocketTransport({ identity: member, accept, listen, peers, secret, insecure })
      },
      toView: (view, inputs) => events.toView(view, inputs),
      failed: (code, reason) => events.failed(code, reason),
    })
    await host.start()
    return { id, host }
  } catch (error) {
    storage.close()
    lock.release()
    throw error
  }
}

function replicaOptions(options: ThreadOptions, { id, voterIds }: Slot): ReplicaOptions {
  return {
    id,
    voterIds,
    process: ownProcess(),
    timing: { ...DEFAULT_REPLICA_TIMING, ...options.timing },
    bounds: { ...DEFAULT_BOUNDS, ...options.bounds },
  }
}

/** Files and sockets are for this user only. Of a directory that somebody else owns (a mounted volume) he says who enters. */
function makePrivate(dir: string): void {
  if (isOwn(dir)) chmodSync(dir, 0o700)
}

function filesOf(dir: string, id: number): Pick<Slot, 'path' | 'lockPath'> {
  return { path: join(dir, `${id}.db`), lockPath: join(dir, `${id}.lock`) }
}

/** Every slot of the directory is held by a living process. */
export class NoSlotError extends Error {
  override readonly name = 'NoSlotError'
  readonly code = 'NO_SLOT'

  constructor(dir: string, size: number) {
    super(`all ${size} slots of ${dir} are held by living processes`)
  }
}

function hasCode(error: unknown): error is { readonly code: string } {
  return error instanceof StorageError || error instanceof TransportError
}
