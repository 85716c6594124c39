/** How everything stands when it must be at rest: who still waits for what. */
import type { Process } from '../../lib/testing/process.js'
import type { Client } from './client.js'
import type { Experiment } from './experiment.js'
import type { Standing } from './inside.js'

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
  const owned = new Set(clients.flatMap((client) => client.liveSessions))
  for (const session of decided.openSessions) {
    if (owned.has(session)) continue
    yield { who: `session ${session}`, pending: 'has no owner and does not end' }
  }
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
