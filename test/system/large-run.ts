/**
 * A large tree: filled, snapshotted while it is being written, and recovered by a new process. Used by the test
 * with a tenth of it, and by the command with all of it.
 */
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { Remote } from './remote.js'
import { eventually, temporaryDirectory } from './support.js'
import type { Scope } from './support.js'

const PARENTS = 100
const BATCH = 2000
const DATA_BYTES = 100

export interface LargeReport {
  readonly znodes: number
  readonly fillMs: number
  readonly znodesPerSecond: number
  readonly snapshots: number
  readonly writesDuringSnapshot: number
  readonly longestGapMs: number
  readonly databaseMib: number
  readonly recoverMs: number
  /** Of the main thread alone, garbage collected, beyond an empty replica's. */
  readonly viewBytesPerZnode: number
  /** Of the whole process, both threads, as the system counts it after a recovery. */
  readonly residentBytesPerZnode: number
  readonly digest: number
}

/** @param znodes A multiple of 100. */
export async function large(
  scope: Scope,
  znodes: number,
  internals: { readonly bounds?: { readonly logBytesBeforeSnapshot: number } } = {},
): Promise<LargeReport> {
  const dir = temporaryDirectory(scope)
  const execArgv = ['--expose-gc']
  const remote = await Remote.join(scope, { dir, size: 1 }, { execArgv, internals })
  await remote.call('create', '/writer', '')
  const empty = await remote.call('memory')
  const fillMs = await fill(remote, znodes)
  const written = await writeDuringSnapshot(remote)
  const full = await remote.call('memory')
  const before = await remote.call('status')
  const databaseMib = statSync(join(dir, '1.db')).size / 2 ** 20
  const { snapshotsTaken: snapshots = 0 } = await remote.call('metrics')
  await remote.kill()

  const start = performance.now()
  const back = await Remote.join(scope, { dir, size: 1 }, { execArgv, internals })
  const recoverMs = performance.now() - start
  const digest = await expectSame(back, znodes, before)
  const recovered = await back.call('memory')
  await back.close()
  return {
    znodes,
    fillMs: Math.round(fillMs),
    znodesPerSecond: Math.round((znodes / fillMs) * 1000),
    snapshots,
    ...written,
    databaseMib: Math.round(databaseMib),
    recoverMs: Math.round(recoverMs),
    viewBytesPerZnode: Math.round((full.heapUsed - empty.heapUsed) / znodes),
    residentBytesPerZnode: Math.round((recovered.rss - empty.rss) / znodes),
    digest,
  }
}

async function fill(remote: Remote, znodes: number): Promise<number> {
  const start = performance.now()
  const perParent = znodes / PARENTS
  for (let parent = 0; parent < PARENTS; parent += 1) {
    await remote.call('create', `/${parent}`, '')
    for (let first = 0; first < perParent; first += BATCH) {
      const count = Math.min(BATCH, perParent - first)
      await remote.call('createMany', `/${parent}`, first, count, DATA_BYTES)
    }
  }
  return performance.now() - start
}

/** Writes until another whole snapshot has been taken meanwhile. */
async function writeDuringSnapshot(
  remote: Remote,
): Promise<Pick<LargeReport, 'writesDuringSnapshot' | 'longestGapMs'>> {
  const taken = async (): Promise<number> => (await remote.call('metrics'))['snapshotsTaken'] ?? 0
  const before = await taken()
  await remote.call('startWriter', '/writer')
  await eventually(
    'a snapshot is taken',
    async () => {
      // Bytes of log are what asks for a snapshot.
      await remote.call('setMany', '/0', 200, 10_000)
      return (await taken()) > before
    },
    120_000,
  )
  const { writes, longestGapMs } = await remote.call('stopWriter')
  return { writesDuringSnapshot: writes, longestGapMs: Math.round(longestGapMs) }
}

/** The session of the killed process is closed by its successor's arrival, which has a digest of its own. */
async function expectSame(
  back: Remote,
  znodes: number,
  before: { readonly lastZxid: number; readonly lastLogged: number },
): Promise<number> {
  const { lastZxid, digest, error } = await back.call('status')
  if (error !== undefined) throw error
  if (lastZxid <= before.lastZxid) throw new Error(`it recovered to ${lastZxid} only`)
  let found = 0
  for (let parent = 0; parent < PARENTS; parent += 1) {
    found += (await back.call('children', `/${parent}`)).length
  }
  if (found !== znodes) throw new Error(`${found} znodes of ${znodes}`)
  const { viewDivergences = 0, reloads = 0 } = await back.call('metrics')
  if (viewDivergences + reloads > 0) throw new Error('the digest was not what was recorded')
  return digest
}
