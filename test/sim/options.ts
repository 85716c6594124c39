/** What one run of the simulator is like: everything is drawn from the seed, faults by swarm (each kind on or off). */
import { Random } from '../../lib/base/random.js'
import type { ReplicaBounds } from '../../lib/replica/options.js'
import { COUNTER_MAX } from '../../lib/protocol/zxid.js'
import type { WorldOptions } from '../../lib/testing/world.js'

/** Mean ms between two faults of a kind; `Infinity` if the run has none. */
export interface FaultRates {
  readonly crash: number
  readonly wipe: number
  readonly breakLink: number
  readonly partition: number
  readonly pauseReplica: number
  readonly pauseProcess: number
  readonly pauseView: number
  readonly slowDisk: number
  readonly wallJump: number
}

export interface SimOptions extends WorldOptions {
  readonly faults: FaultRates
  /** ms of the phase in which faults happen. */
  readonly faultMs: number
  readonly oneWayPartitions: boolean
  readonly sessionTimeoutsMs: readonly number[]
  readonly sessionsPerView: number
  /** Mean ms between two bursts of one View. */
  readonly burstEveryMs: number
  readonly burstMax: number
  readonly dataBytesMax: number
  /** Unsettled requests of one session, beyond which the workload asks for nothing. */
  readonly pipelineMax: number
}

export function drawOptions(seed: number): SimOptions {
  const random = new Random(seed).fork('options')
  const bounds = drawBounds(random.fork('bounds'))
  const tickMs = random.pick([20, 50, 100])
  const silenceMs = tickMs * random.pick([8, 15])
  return {
    seed,
    size: random.pick([1, 3, 3, 3, 3, 5, 5]),
    timing: {
      tickMs,
      silenceMs,
      initMs: silenceMs * 3,
      finalizeMs: tickMs,
      notificationMs: tickMs,
      notificationMaxMs: tickMs * 8,
    },
    bounds,
    faults: drawFaults(random.fork('faults')),
    faultMs: random.pick([4000, 8000, 15_000]),
    networkLatencyMs: random.pick([0.2, 1, 5]),
    diskLatencyMs: random.pick([0, 0.5, 3, 15]),
    viewLatencyMs: random.pick([0.05, 1, 10]),
    oneWayPartitions: random.chance(0.5),
    sameMachine: random.chance(0.5),
    throughWire: random.chance(0.25),
    drift: random.pick([0, 0.001]),
    sessionTimeoutsMs: random.pick([[400], [1000, 3000], [500, 1000, 2000]]),
    sessionsPerView: random.range(1, 3),
    viewsPerProcess: random.pick([1, 1, 2]),
    burstEveryMs: random.pick([10, 30, 100]),
    burstMax: random.pick([3, 10]),
    dataBytesMax: random.pick([20, 200, 600]),
    // One txn at a time is slow: more would only wait.
    pipelineMax: bounds.outstandingProposalsMax === 1 ? 5 : random.pick([10, 30, 60]),
  }
}

function drawBounds(random: Random): ReplicaBounds {
  return {
    logBytesBeforeSnapshot: random.pick([400, 2000, 8000, 1_000_000]),
    logBytesRetained: random.pick([0, 300, 2000, 20_000]),
    snapshotSliceBytes: random.pick([150, 800, 5000]),
    viewCreditBytes: random.pick([200, 1000, 10_000, 1_000_000]),
    outstandingProposalsMax: random.pick([1, 4, 32, 1000]),
    learnerWindowBytes: random.pick([300, 2000, 1_000_000]),
    counterMax: random.pick([20, 60, 300, COUNTER_MAX, COUNTER_MAX]),
  }
}

function drawFaults(random: Random): FaultRates {
  const rate = (probability: number, ...means: number[]): number => {
    return random.chance(probability) ? random.pick(means) : Infinity
  }
  return {
    crash: rate(0.7, 400, 1000, 2500),
    wipe: rate(0.4, 1500, 4000),
    breakLink: rate(0.6, 150, 600, 2000),
    partition: rate(0.5, 700, 2500),
    pauseReplica: rate(0.5, 700, 2500),
    pauseProcess: rate(0.4, 1000, 3000),
    pauseView: rate(0.5, 500, 2000),
    slowDisk: rate(0.4, 800, 2500),
    wallJump: rate(0.3, 1000, 3000),
  }
}
