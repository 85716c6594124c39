/** What one run of the simulator is like: everything is drawn from the seed, faults by swarm (each kind on or off). */
import { Random } from '../../lib/base/random.js'
import type { ReplicaBounds } from '../../lib/replica/options.js'
import { COUNTER_MAX } from '../../lib/protocol/zxid.js'
import type { WorldOptions } from '../../lib/testing/world.js'
import { drawFaults } from './faults/kinds.js'
import type { FaultRates } from './faults/kinds.js'

/** Of the workload. All come with the queue, and the registers. */
const PATHS: readonly (readonly string[])[] = [
  ['/a', '/b', '/c', '/a/x', '/a/y', '/q', '/b/z'],
  ['/a', '/a/x', '/a/x/k', '/a/x/k/d', '/ab', '/q'],
  ['/a', '/a/x', '/q'],
  ['/a', '/q'],
]

/** What a session does next. */
export type Act =
  | 'create'
  | 'createSequential'
  | 'setData'
  | 'delete'
  | 'deleteFromQueue'
  | 'multi'
  | 'register'
  | 'syncRead'
  | 'readSync'
  | 'read'
  | 'watchOnce'
  | 'addWatch'
  | 'removeWatches'
  | 'setAcl'
  | 'quota'
  | 'container'

/** What the workload is like. */
export interface WorkloadOptions {
  /** How often each act is drawn, in comparison. */
  readonly mix: Readonly<Record<Act, number>>
  /** Few paths are much contended. */
  readonly paths: readonly string[]
  /** Operations of one multi. */
  readonly multiMax: number
  /** Share of the writes that are aborted after they have left. */
  readonly abort: number
  /** Probability that a burst is preceded by sessions that come and go by the handful … */
  readonly storm: number
  /** … at most so many of one View at a time. */
  readonly sessionsMax: number
  /** Persistent watches of one session. */
  readonly persistentMax: number
  /** Listeners of one session that wait for one event. */
  readonly waitingMax: number
  /** Share of the znodes that are created with a list of who may do what. */
  readonly acls: number
  /** Share of the znodes that are created as containers or with a time to live … */
  readonly retained: number
  /** … of so many ms. */
  readonly ttlsMs: readonly number[]
  /** Share of the requests of remote clients that are about quotas. */
  readonly quotas: number
}

/** Clients that are no replicas. */
export interface RemoteOptions {
  readonly count: number
  /** Mean ms between two bursts of one. */
  readonly burstEveryMs: number
  /** Probability that a burst is a move. */
  readonly move: number
}

export interface SimOptions extends WorldOptions {
  readonly faults: FaultRates
  /** Numbers of faults that are left out; all others stay what they are. */
  readonly skippedFaults: readonly number[]
  /** At some moment more is lost than can be survived. */
  readonly losesMajority: boolean
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
  readonly workload: WorkloadOptions
  readonly remotes: RemoteOptions
}

/**
 * How far rates of monotonic clocks may be off. Of a session's timeout a lease leaves out a tenth (lib/session/lease.ts), so
 * a leader's clock may run 1 / 0.9 times as fast as an owner's: (1 + d) / (1 - d) < 1.11 as long as d < 0.052.
 */
const DRIFTS = [0, 0.001, 0.05]

export function drawOptions(seed: number): SimOptions {
  const random = new Random(seed).fork('options')
  const bounds = drawBounds(random.fork('bounds'))
  const tickMs = random.pick([20, 50, 100])
  const silenceMs = tickMs * random.pick([8, 15])
  return {
    seed,
    size: drawSize(random.fork('size')),
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
    skippedFaults: [],
    losesMajority: random.fork('majority').chance(0.04),
    faultMs: random.pick([4000, 8000, 15_000]),
    networkLatencyMs: random.pick([0.2, 1, 5]),
    diskLatencyMs: random.pick([0, 0.5, 3, 15]),
    viewLatencyMs: random.pick([0.05, 1, 10]),
    oneWayPartitions: random.chance(0.5),
    sameMachine: random.chance(0.5),
    throughWire: random.chance(0.25),
    drift: random.pick(DRIFTS),
    sessionTimeoutsMs: random.pick([[400], [1000, 3000], [500, 1000, 2000], [3000, 8000]]),
    sessionsPerView: random.range(1, 3),
    viewsPerProcess: random.pick([1, 1, 2]),
    burstEveryMs: random.pick([10, 30, 100]),
    burstMax: random.pick([3, 10]),
    dataBytesMax: random.pick([20, 200, 600]),
    // One txn at a time is slow: more would only wait.
    pipelineMax: bounds.outstandingProposalsMax === 1 ? 5 : random.pick([10, 30, 60]),
    workload: drawWorkload(random.fork('workload')),
    remotes: drawRemotes(random.fork('remotes')),
  }
}

/** Mostly three and five; even sizes and the smallest and largest now and then. */
function drawSize(random: Random): number {
  return random.chance(0.8) ? random.pick([3, 3, 5]) : random.pick([1, 2, 4, 6, 7])
}

function drawWorkload(random: Random): WorkloadOptions {
  const weight = (usual: number): number => random.pick([0, usual, usual, usual * 4])
  return {
    mix: {
      // Without these nothing ever happens.
      create: random.pick([6, 12]),
      setData: random.pick([6, 12, 30]),
      createSequential: weight(8),
      delete: weight(7),
      deleteFromQueue: random.pick([6, 12]),
      multi: weight(6),
      register: weight(5),
      syncRead: weight(4),
      readSync: weight(8),
      read: weight(8),
      watchOnce: weight(6),
      addWatch: weight(4),
      removeWatches: weight(1),
      setAcl: weight(2),
      quota: weight(1),
      container: weight(2),
    },
    paths: random.pick(PATHS),
    multiMax: random.pick([3, 6]),
    abort: random.pick([0, 0, 0.02]),
    storm: random.pick([0, 0, 0.02, 0.1]),
    sessionsMax: random.pick([4, 8]),
    persistentMax: random.pick([2, 6]),
    waitingMax: random.pick([4, 12]),
    acls: random.pick([0, 0.05, 0.3]),
    retained: random.pick([0, 0.05, 0.3]),
    ttlsMs: random.pick([[100], [300, 1000]]),
    quotas: random.pick([0, 0, 0.1]),
  }
}

function drawRemotes(random: Random): RemoteOptions {
  return {
    count: random.pick([0, 1, 3, 5]),
    burstEveryMs: random.pick([20, 60, 150]),
    move: random.pick([0.02, 0.1, 0.4]),
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
