/**
 * The files of replicas that do not run: what is in each database of a directory, and the state that it holds.
 * Nothing is changed, and no replica is started.
 */
import { readdirSync, realpathSync } from 'node:fs'
import { join } from 'node:path'
import { ZooKeeperError } from '../protocol/zookeeper-error.js'
import { epochOf } from '../protocol/zxid.js'
import type { Zxid } from '../protocol/zxid.js'
import { loadTree } from '../replica/load.js'
import { inspectDatabase } from '../storage/inspect.js'
import type { Check, DatabaseFinding } from '../storage/inspect.js'
import type { LogFinding, SnapshotFinding } from '../storage/inspect-rows.js'
import type { Contents } from '../storage/recovery.js'
import { StorageError } from '../storage/storage-error.js'
import { claimPath } from './claim.js'
import { socketsOf } from './ensemble-file.js'
import { isAnswered } from './probe.js'

export interface InspectOptions {
  /** This replica's database only. */
  readonly id?: number | undefined
  /** Load the snapshot and apply the whole log, comparing the digest of the state at each txn. */
  readonly deep?: boolean | undefined
}

/** A voter, as the log of this database has it. */
export interface RegisteredVoter {
  readonly replica: number
  readonly databaseId: string
  readonly incarnation: number
}

/** The replicated state; only the pure half names its class. */
export type LoadedTree = ReturnType<typeof loadTree>

/** What is in one database. A zxid is epoch × 2³² + counter. */
export interface DatabaseInspection {
  readonly id: number
  readonly path: string
  /** Why it was not looked into: a living process holds it. Everything else is absent then. */
  readonly held?: string
  readonly bytes?: number
  readonly walBytes?: number
  readonly format?: number | undefined
  readonly cluster?: string | undefined
  readonly database?: string | undefined
  /** Ids of all voters. */
  readonly voters?: readonly number[] | undefined
  /** The database has a vote. */
  readonly voter?: boolean | undefined
  /** How often it was opened. */
  readonly incarnation?: number | undefined
  readonly acceptedEpoch?: number | undefined
  readonly currentEpoch?: number | undefined
  readonly registry?: readonly RegisteredVoter[] | undefined
  /** It was closed in good order. */
  readonly clean?: boolean | undefined
  /** Why an earlier database of this replica was given up. */
  readonly damage?: string | undefined
  readonly damagedPath?: string | undefined
  readonly log?: LogFinding | undefined
  readonly snapshots?: readonly SnapshotFinding[]
  readonly checks?: readonly Check[]
}

/** The state that a dead replica's files hold: its snapshot and all of its log. */
export interface RecoveredState {
  readonly id: number
  readonly path: string
  readonly tree: LoadedTree
  /** Everything up to here is decided. What is behind it may be a proposal that nobody else has. */
  readonly decided: Zxid
}

/**
 * Databases of a directory, by id.
 *
 * @throws ZooKeeperError STORAGE if there is none, or no such directory.
 */
export async function inspectDirectory(
  dir: string,
  options: InspectOptions,
): Promise<readonly DatabaseInspection[]> {
  const inspections: DatabaseInspection[] = []
  for (const file of await databasesIn(dir, options.id)) {
    const { id, path } = file
    const inspection = await inspected(file, (found): DatabaseInspection => {
      return { id, path, ...described(found), checks: checksOf(found, options.deep === true) }
    })
    inspections.push(typeof inspection === 'string' ? { id, path, held: inspection } : inspection)
  }
  return inspections
}

/**
 * Reads back the state of one replica: of the one named, or else of the one whose log goes farthest.
 *
 * @throws ZooKeeperError SLOT_TAKEN if a living process holds a database that would be read, DAMAGED if it is not
 *   whole, STORAGE if there is none.
 */
export async function recoverState(dir: string, id: number | undefined): Promise<RecoveredState> {
  let best: { readonly file: DatabaseFile; readonly rank: readonly [number, number] } | undefined
  const files = await databasesIn(dir, id)
  for (const file of files) {
    const rank = await inspected(file, rankOf)
    if (typeof rank === 'string') throw new ZooKeeperError('SLOT_TAKEN', rank)
    if (best === undefined || isHigher(rank, best.rank)) best = { file, rank }
  }
  const chosen = best?.file ?? files[0]
  if (chosen === undefined) throw none(dir, id)
  const state = await inspected(chosen, (found) => stateOf(chosen, found))
  if (typeof state === 'string') throw new ZooKeeperError('SLOT_TAKEN', state)
  return state
}

interface DatabaseFile {
  readonly id: number
  readonly dir: string
  readonly path: string
  readonly lockPath: string
  /** Where a replica of a shared directory would listen. */
  readonly socket: string | undefined
}

async function databasesIn(dir: string, id: number | undefined): Promise<readonly DatabaseFile[]> {
  const real = realDirectory(dir)
  const sockets = socketsOf(real)
  const files = readdirSync(real)
    .map((name) => /^([1-9]\d{0,4})\.db$/.exec(name)?.[1])
    .filter((digits) => digits !== undefined)
    .map((digits) => Number(digits))
    .filter((found) => id === undefined || found === id)
    .sort((a, b) => a - b)
    .map((found) => ({
      id: found,
      dir: real,
      path: join(real, `${found}.db`),
      lockPath: join(real, `${found}.lock`),
      socket: sockets === undefined ? undefined : join(sockets, `${found}.sock`),
    }))
  if (files.length === 0) throw none(dir, id)
  return files
}

function none(dir: string, id: number | undefined): ZooKeeperError {
  const which = id === undefined ? 'no database of a replica' : `no database of replica ${id}`
  return new ZooKeeperError('STORAGE', `there is ${which} in ${dir}`)
}

function realDirectory(dir: string): string {
  try {
    return realpathSync(dir)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new ZooKeeperError('STORAGE', `directory ${dir} cannot be read: ${reason}`, {
      cause: error,
    })
  }
}

/**
 * Runs `look` on what is in a database; if a living process holds it, says so and touches nothing. The lock tells,
 * and where there is one, the socket: a lock can vanish while its owner lives (probe.ts).
 */
async function inspected<T>(
  { dir, path, lockPath, socket }: DatabaseFile,
  look: (found: DatabaseFinding) => T,
): Promise<T | string> {
  if (socket !== undefined && (await isAnswered(`unix:${socket}`))) {
    return `${path} is held by a living process, which answers on ${socket}`
  }
  // Closing a copy of a file that this very process has open would cost it its locks.
  const release = claimPath(dir)
  try {
    return inspectDatabase(path, lockPath, look)
  } catch (error) {
    if (!(error instanceof StorageError)) throw error
    if (error.code === 'SLOT_TAKEN') return `${path} is held by a living process: ${error.message}`
    throw new ZooKeeperError(error.code, error.message, { cause: error })
  } finally {
    release()
  }
}

function described(found: DatabaseFinding): Omit<DatabaseInspection, 'id' | 'path' | 'checks'> {
  const { bytes, walBytes, format, meta, log, snapshots, damagedPath } = found
  const durable = meta?.meta
  return {
    bytes,
    walBytes,
    format,
    cluster: durable?.clusterId,
    database: durable?.databaseId,
    voters: meta?.voterIds,
    voter: durable?.voter,
    incarnation: meta?.incarnation,
    acceptedEpoch: durable?.acceptedEpoch,
    currentEpoch: durable?.currentEpoch,
    registry: durable?.registry.voters.map(({ replica, databaseId, incarnation }) => {
      return { replica, databaseId, incarnation }
    }),
    clean: meta?.clean,
    damage: meta?.damage,
    damagedPath,
    log,
    snapshots,
  }
}

function checksOf({ checks, contents }: DatabaseFinding, isDeep: boolean): readonly Check[] {
  if (!isDeep || contents === undefined) return checks
  try {
    treeOf(contents)
    return [...checks, { name: 'state', problem: undefined }]
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error)
    return [...checks, { name: 'state', problem }]
  }
}

/** The snapshot, and every txn of the log applied to it; throws where a digest differs or a txn cannot follow. */
function treeOf({ meta, position, entries, snapshot, nextSnapshot }: Contents): LoadedTree {
  const tree = loadTree({
    meta: meta.meta,
    incarnation: meta.incarnation,
    incarnationKey: 0,
    base: position.base,
    damage: undefined,
    entries,
    snapshot,
    nextSnapshot,
  })
  for (const entry of entries) {
    if (entry.zxid > tree.lastZxid) tree.apply(entry, 'strict')
  }
  tree.check()
  return tree
}

/** How recent a history is, as elections compare them; nothing that is whole ranks lowest. */
function rankOf({ contents }: DatabaseFinding): readonly [number, number] {
  if (contents === undefined) return [-1, -1]
  return [contents.meta.meta.currentEpoch, contents.position.last]
}

function isHigher(a: readonly [number, number], b: readonly [number, number]): boolean {
  return a[0] > b[0] || (a[0] === b[0] && a[1] > b[1])
}

function stateOf(
  { id, path }: DatabaseFile,
  { checks, contents }: DatabaseFinding,
): RecoveredState {
  if (contents === undefined) {
    const problems = checks.flatMap(({ problem }) => problem ?? [])
    throw new ZooKeeperError('DAMAGED', `${path} cannot be read: ${problems.join('; ')}`)
  }
  return { id, path, tree: treeOf(contents), decided: decidedIn(contents) }
}

/**
 * What a log of one's own tells: a snapshot holds nothing undecided, and a leader proposes nothing in its epoch
 * before a majority has all that came before it. A replica that votes alone decides by itself.
 */
function decidedIn({ meta, position, entries, snapshot }: Contents): Zxid {
  if (meta.voterIds.length === 1) return position.last
  const newest = epochOf(position.last)
  const before = entries.findLast(({ zxid }) => epochOf(zxid) < newest)?.zxid ?? position.base
  return Math.max(before, snapshot?.tail.end ?? 0)
}
