/** A client whose server is killed: it moves with all it has. The command failover-run does the same 20 times. */
import test from 'ava'
import { failover } from './failover.js'
import type { Round } from './failover.js'
import { VivariumEnsemble } from './vivarium.js'

for (const kind of ['node', 'ours'] as const) {
  const name = kind === 'node' ? 'node-zookeeper-client' : 'our client'
  test.serial(
    `${name} keeps session, ephemerals and watches when the process it is connected to is killed`,
    async (t) => {
      const ensemble = await VivariumEnsemble.start(3)
      t.teardown(() => ensemble.stop())
      const rounds: Round[] = []
      await failover(ensemble, kind, 3, (round) => rounds.push(round))
      t.is(rounds.length, 3)
      for (const { gaps } of rounds) {
        for (const { writtenMs } of gaps) t.true(writtenMs < 10_000, `${writtenMs} ms`)
      }
    },
  )
}
