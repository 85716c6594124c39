/** How everything stands when it must be at rest: who still waits for what. */
import { CONTAINER_NEVER_USED_MS } from '../../lib/base/limits.js'
import { CONTAINER } from '../../lib/protocol/retention.js'
import type { Process } from '../../lib/testing/process.js'
import type { Client } from './client.js'
import type { Experiment } from './experiment.js'
import type { Standing } from './inside.js'

/** What takes longer does so after the run, or rarely in its last phase. */
const SOON_MS = 10_000

/** Whatever is not as it must be in the end; nothing if all is well. Lazy: mostly the first answer is enough. */
export function* unrestOf(experiment: Experiment): Generator<Standing> {
  const { world, clients, decided } = experiment
  const last = decided.last?.zxid ?? 0
  for (const { id, process } of world.machines) {
    const pending = process === undefined ? 'is not running' : unrestOfReplica(process, last)
    if (pending !== undefined) yield { who: `replica ${id}`, pending }
  }
  for (const client of clients) {
    const pending = unrestOfView(client, last)
    if (pending !== undefined) yield { who: client.host.name, pending }
  }
  for (const [index, { pending }] of experiment.remotes.entries())
    if (pending !== undefined) yield { who: `remote client ${index}`, pending }
  const due = cleanedSoon(experiment)
  if (due !== undefined) yield { who: due, pending: 'is to be deleted by the leader' }
  const owned = new Set(experiment.liveSessions)
  for (const session of decided.openSessions) {
    if (owned.has(session)) continue
    yield { who: `session ${session}`, pending: 'has no owner and does not end' }
  }
}

/** A znode whose time to live is nearly over, or a container that is not needed any more. */
function cleanedSoon({ world }: Experiment): string | undefined {
  const leader = world.processes.find(({ replica }) => replica.status?.role === 'leading')
  const tree = leader?.replica.core?.tree
  if (leader === undefined || tree === undefined) return undefined
  const wall = leader.machine.wall(world.now)
  for (const path of tree.retained) {
    const znode = tree.get(path)
    if (znode === undefined || znode.numChildren > 0) continue
    const { retention, created, mtime } = znode
    if (retention === CONTAINER && created > 0) return path
    const leftMs = mtime + (retention === CONTAINER ? CONTAINER_NEVER_USED_MS : retention) - wall
    if (leftMs < SOON_MS) return path
  }
  return undefined
}

function unrestOfReplica({ replica, machine }: Process, last: number): string | undefined {
  const { status, core } = replica
  if (status === undefined || core === undefined || !status.established) {
    return `is ${status?.role ?? 'loading'} and waits for ${String(status?.waitingFor)}`
  }
  if (!status.voter) return 'has no vote'
  if (core.tree.lastZxid !== last || status.lastLogged !== last) return 'is behind'
  if (machine.disk.lastZxid !== last) return 'has not everything on its disk'
  return undefined
}

function unrestOfView({ host, pending, sessions }: Client, last: number): string | undefined {
  if (pending > 0) return `waits for ${pending} requests`
  if (host.position !== last) return 'is behind'
  const states = sessions.map(({ state }) => state)
  if (states.some((state) => state !== 'connected')) return `has sessions that are ${states.join()}`
  if (host.view.isDiverged) return 'has diverged'
  return undefined
}
