/**
 * Three `vivarium serve` processes; the one that a client is connected to is killed, again and again.
 *
 *   node dist/test/interop/failover-run.js --rounds 20
 *
 * Prints how long the client was without a server each time; ends with 1 if a session, an ephemeral or a watch was lost.
 */
import { parseArgs } from 'node:util'
import { failover } from './failover.js'
import { VivariumEnsemble } from './vivarium.js'

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '20' } } })
const rounds = Number(values.rounds)
const ensemble = await VivariumEnsemble.start(3)
try {
  for (const kind of ['node', 'ours'] as const) {
    const written: number[] = []
    await failover(ensemble, kind, rounds, ({ victim, gaps }, number) => {
      for (const { client, connectedMs, writtenMs } of gaps) {
        written.push(writtenMs)
        const gap = `connected after ${connectedMs.toFixed(0)} ms, wrote after ${writtenMs.toFixed(0)} ms`
        console.log(`${client} ${number}: ${victim} killed, ${gap}`)
      }
    })
    const sorted = written.toSorted((a, b) => a - b)
    const median = sorted[Math.floor(sorted.length / 2)] ?? 0
    const longest = sorted.at(-1) ?? 0
    console.log(
      `${kind}: ${sorted.length} of ${rounds} kept session, ephemeral and watches; without a server for ` +
        `${median.toFixed(0)} ms (median), ${longest.toFixed(0)} ms (longest)`,
    )
  }
} finally {
  await ensemble.stop()
}
