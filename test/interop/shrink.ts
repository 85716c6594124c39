/** Makes a script that shows a difference shorter, as long as it shows one. */
import type { Comparison } from './compare.js'
import type { Step } from './script.js'

/** @returns fewer steps that still differ; which of the differences is not looked at. */
export async function shrink(
  steps: readonly Step[],
  differ: (steps: readonly Step[]) => Promise<Comparison>,
): Promise<readonly Step[]> {
  const differs = async (candidate: readonly Step[]): Promise<boolean> =>
    (await differ(candidate)).differences.length > 0
  let best = steps
  const [first] = (await differ(steps)).differences
  if (first === undefined) return steps
  const prefix = [...steps.slice(0, first.step + 1), DUMP]
  if (await differs(prefix)) best = prefix
  for (let size = Math.ceil(best.length / 2); size >= 1; size = Math.floor(size / 2)) {
    best = await withoutChunks(best, size, differs)
  }
  return withoutAsks(best, differs)
}

const DUMP: Step = { kind: 'dump' }

async function withoutChunks(
  steps: readonly Step[],
  size: number,
  differs: (steps: readonly Step[]) => Promise<boolean>,
): Promise<readonly Step[]> {
  let best = steps
  // From the end: what comes late is needed least often for the state that it shows in.
  for (let from = best.length - size; from > -size; from -= size) {
    const start = Math.max(from, 0)
    const fewer = [...best.slice(0, start), ...best.slice(start + size)]
    if (fewer.length < best.length && (await differs(fewer))) best = fewer
  }
  return best
}

/** Requests of a burst, one by one. */
async function withoutAsks(
  steps: readonly Step[],
  differs: (steps: readonly Step[]) => Promise<boolean>,
): Promise<readonly Step[]> {
  let best = steps
  for (let index = 0; index < best.length; index++) {
    const step = best[index]
    if (step?.kind !== 'send') continue
    let asks = step.asks
    for (let at = asks.length - 1; at >= 0 && asks.length > 1; at--) {
      const fewer = asks.toSpliced(at, 1)
      const candidate = best.with(index, { ...step, asks: fewer })
      if (!(await differs(candidate))) continue
      asks = fewer
      best = candidate
    }
  }
  return best
}
