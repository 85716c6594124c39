/** The simulated world behind an ensemble for tests: production's times and bounds, bytes on every way, no drift. */
import { performance } from 'node:perf_hooks'
import { DEFAULT_BOUNDS } from '../replica/options.js'
import { DEFAULT_TIMING } from '../zab/options.js'
import type { CheckedEnsemble } from './ensemble-options.js'
import type { Observer } from './observer.js'
import { Scheduler } from './scheduler.js'
import { Trace } from './trace.js'
import { World } from './world.js'

/** Between a replica's thread and its View's, ms. */
const VIEW_LATENCY_MS = 0.05

/** Taken now: whoever replaces clocks for a test of his own does not replace this one. */
const realNow: () => number = performance.now.bind(performance)

export function makeWorld(options: CheckedEnsemble, observer: Observer): World {
  const { seed, size, time, sameMachine, networkLatencyMs, diskLatencyMs } = options
  const world = new World(
    {
      seed,
      size,
      timing: DEFAULT_TIMING,
      bounds: DEFAULT_BOUNDS,
      networkLatencyMs,
      diskLatencyMs,
      viewLatencyMs: VIEW_LATENCY_MS,
      sameMachine,
      throughWire: true,
      drift: 0,
      viewsPerProcess: 1,
    },
    observer,
    new Trace(false, options.trace),
    new Scheduler(time === 'real' ? clockFromNow() : undefined),
  )
  if (time === 'real') for (const machine of world.machines) machine.wallOffset = Date.now()
  return world
}

function clockFromNow(): () => number {
  const start = realNow()
  return () => realNow() - start
}
