/** Requests of remote clients, drawn by the options of the workload; and those that set quotas, for everybody. */
import type { Random } from '../../lib/base/random.js'
import type { Operation, RequestBody } from '../../lib/protocol/request.js'
import { CONTAINER } from '../../lib/protocol/retention.js'
import type { Experiment } from './experiment.js'
import { drawAcl, drawRetention } from './people.js'

const QUEUE = '/q'
const QUOTAS = '/zookeeper/quota'
const BOX = '/box'
const encoder = new TextEncoder()

export function drawBody(random: Random, experiment: Experiment): RequestBody {
  const { workload } = experiment.options
  if (random.chance(workload.retained / 4)) return drawContainerStep(random)
  if (random.chance(workload.quotas)) return drawQuotaStep(random, experiment)
  const draw = random.next()
  if (draw < 0.1) return { kind: 'sync' }
  if (draw < 0.2) {
    const path = random.pick(workload.paths)
    return { kind: 'setAcl', path, acl: drawAcl(random), version: drawVersion(random) }
  }
  if (draw < 0.3) {
    const count = random.integer(workload.multiMax + 1)
    const operations = Array.from({ length: count }, () => drawOperation(random, experiment, true))
    return { kind: 'multi', operations }
  }
  const operation = drawOperation(random, experiment, false)
  return operation.kind === 'check' ? { kind: 'sync' } : operation
}

/** A quota of one path is made of three znodes, which come, change and go one by one. */
export function drawQuotaStep(random: Random, experiment: Experiment): RequestBody {
  const path = random.pick(experiment.options.workload.paths)
  const flags = { ephemeral: false, sequential: false }
  const place = QUOTAS + path
  const limit = (most: number): number => (random.chance(0.3) ? -1 : random.integer(most))
  const data = encoder.encode(
    random.chance(0.05)
      ? 'none'
      : `count=-1,bytes=-1=;byteHardLimit=${limit(2000)};countHardLimit=${limit(12)}`,
  )
  const draw = random.next()
  if (draw < 0.35) return { kind: 'create', path: place, data: undefined, ...flags }
  if (draw < 0.6) return { kind: 'create', path: `${place}/zookeeper_limits`, data, ...flags }
  if (draw < 0.7) {
    return { kind: 'create', path: `${place}/zookeeper_stats`, data: undefined, ...flags }
  }
  if (draw < 0.8) return { kind: 'setData', path: `${place}/zookeeper_limits`, data, version: -1 }
  return { kind: 'delete', path: `${place}/zookeeper_limits`, version: -1 }
}

/** A container that comes, is used, and is left. */
export function drawContainerStep(random: Random): RequestBody {
  const flags = { ephemeral: false, sequential: false }
  const draw = random.next()
  if (draw < 0.4)
    return { kind: 'create', path: BOX, data: undefined, ...flags, retention: CONTAINER }
  if (draw < 0.7) return { kind: 'create', path: `${BOX}/x`, data: undefined, ...flags }
  return { kind: 'delete', path: `${BOX}/x`, version: -1 }
}

function drawOperation(random: Random, experiment: Experiment, isPart: boolean): Operation {
  const { workload, dataBytesMax } = experiment.options
  const path = random.chance(0.1) ? `${QUEUE}/n-` : random.pick(workload.paths)
  // Unlike any other, so that each write can be told from all others.
  const value = `${experiment.nextNumber()}:`.padEnd(random.integer(dataBytesMax), '.')
  const data = encoder.encode(value)
  if (path.endsWith('-')) {
    const ephemeral = random.chance(0.5)
    return { kind: 'create', path, data, ephemeral, sequential: true }
  }
  const draw = random.next()
  const version = drawVersion(random)
  if (draw < 0.5) {
    const ephemeral = random.chance(0.4)
    const retention = ephemeral ? undefined : drawRetention(random, workload)
    const acl = random.chance(workload.acls) ? drawAcl(random) : undefined
    return { kind: 'create', path, data, ephemeral, sequential: false, acl, retention }
  }
  if (draw < 0.7) return { kind: 'setData', path, data, version }
  if (draw < 0.9 || !isPart) return { kind: 'delete', path, version }
  return { kind: 'check', path, version }
}

function drawVersion(random: Random): number {
  return random.chance(0.8) ? -1 : random.integer(4)
}
