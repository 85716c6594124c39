/** A client whose server is killed: it moves with all it has. The command failover-run does the same 20 times. */
import test from 'ava'
import { zkCliPath, zooKeeperMissing } from './apache-zookeeper.js'
import { failover, serverOf } from './failover.js'
import type { Round } from './failover.js'
import { VivariumEnsemble } from './vivarium.js'
import { ZkCli } from './zk-cli.js'

const MISSING =
  zooKeeperMissing() ?? (zkCliPath() === undefined ? 'no zkCli.sh: install zookeeper' : undefined)

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

const run = MISSING === undefined ? test.serial : test.serial.skip
run(
  `zkCli.sh keeps its session, its ephemeral and its watch when the process it is connected to is killed${
    MISSING === undefined ? '' : `: skipped, ${MISSING}`
  }`,
  async (t) => {
    const ensemble = await VivariumEnsemble.start(3)
    t.teardown(() => ensemble.stop())
    const cli = new ZkCli(ensemble.servers)
    t.teardown(() => cli.stop())
    for (const command of ['create /e x', 'create -e /e/mine x', 'stat /e/mine', 'get -w /e']) {
      cli.command(command)
    }
    const { lines } = await cli.until('the watch is set', (output) => output.lines.includes('x'))
    const owner = /0x([0-9a-f]+)/.exec(
      lines.find((line) => line.startsWith('ephemeralOwner')) ?? '',
    )?.[1]
    await ensemble.kill(await serverOf(ensemble, owner ?? '?'))
    await cli.until('it is elsewhere', ({ events }) =>
      events.join().endsWith('Disconnected None null,SyncConnected None null'),
    )
    cli.command('getEphemerals')
    cli.command('set /e y')
    const after = await cli.until('its watch', ({ events }) =>
      events.includes('SyncConnected NodeDataChanged /e'),
    )
    t.true(after.lines.includes('[/e/mine]'), after.lines.join('\n'))
  },
)
