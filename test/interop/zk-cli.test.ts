/** Debian's zkCli.sh, unmodified, at our gateway: what it prints, and that it prints the same at ZooKeeper. */
import test from 'ava'
import type { ExecutionContext } from 'ava'
import { startZooKeeper, zkCliPath, zooKeeperMissing } from './apache-zookeeper.js'
import { startVivarium } from './vivarium.js'
import { comparable, runZkCli } from './zk-cli.js'
import type { CliOutput } from './zk-cli.js'

const MISSING =
  zooKeeperMissing() ?? (zkCliPath() === undefined ? 'no zkCli.sh: install zookeeper' : undefined)
const SKIPPED = MISSING === undefined ? '' : `: skipped, ${MISSING}`
const run = MISSING === undefined ? test.serial : test.serial.skip

const OWNER = 'digest:alice:AIueg8ag5ALfqeEyKdLnva1Wvi0=:cdrwa'

/** Every command of its that means something to one server. */
const COMMANDS: readonly string[] = [
  'create /cli hello',
  'create -s /cli/seq- a',
  'create -s /cli/seq- b',
  'create -e /cli/ephemeral c',
  'create -s -e /cli/both- d',
  'create -c /cli/container x',
  'create -t 100000 /cli/ttl y',
  'create -t -5 /cli/ttl2 y',
  'create /cli again',
  'create /cli/missing/child x',
  'create /cli/ephemeral/child x',
  'get /cli',
  'get -s /cli',
  'get -s /cli/container',
  'set /cli world',
  'set -v 0 /cli stale',
  'set -s -v 1 /cli two',
  'set /cli/missing x',
  'stat /cli',
  'stat /cli/missing',
  'stat /',
  'ls /cli',
  'ls -s /cli',
  'ls -R /cli',
  'ls /cli/missing',
  'getEphemerals',
  'getEphemerals /cli/eph',
  'getAllChildrenNumber /cli',
  'sync /cli',
  'whoami',
  'addauth digest alice:a',
  'whoami',
  `create /cli/secret x ${OWNER}`,
  'getAcl /cli/secret',
  'get /cli/secret',
  'setAcl /cli/secret world:anyone:r',
  'getAcl -s /cli/secret',
  'set /cli/secret y',
  'setAcl /cli/ttl auth::rw',
  'getAcl /cli/ttl',
  'setAcl /cli/ttl nonsense:x:r',
  'setAcl -v 9 /cli/container world:anyone:r',
  'setAcl -R /cli/seq-0000000000 world:anyone:cdrwa',
  'delete -v 7 /cli/container',
  'delete /cli',
  'delete /cli/missing',
  'delete /zookeeper',
  'create /cli/a x',
  'create /cli/a/b x',
  'create /cli/a/b/c x',
  'deleteall /cli/a',
  'ls /cli',
  'setquota -n 3 /cli/container',
  'listquota /cli/container',
  'delquota /cli/container',
  'ls /zookeeper',
  'config',
  'reconfig -add 5',
]

const WATCHES: readonly string[] = [
  'create /w x',
  'get -w /w',
  'set /w y',
  'set /w z',
  'stat -w /w/created',
  'ls -w /w',
  'create /w/created x',
  'delete /w/created',
  'addWatch -m PERSISTENT /w',
  'set /w 1',
  'set /w 2',
  'create /w/child x',
  'removewatches /w',
  'set /w 3',
  'addWatch -m PERSISTENT_RECURSIVE /w',
  'create /w/child/grandchild x',
  'set /w/child/grandchild y',
  'deleteall /w',
]

run(`zkCli.sh prints at vivarium what it prints at ZooKeeper${SKIPPED}`, async (t) => {
  const [ours, theirs] = await both(t, COMMANDS)
  t.true(theirs.lines.length > 120, 'it did something')
  t.deepEqual(unordered(ours.lines), unordered(theirs.lines))
})

run(`zkCli.sh is told of the same watch events${SKIPPED}`, async (t) => {
  const [ours, theirs] = await both(t, WATCHES)
  t.true(theirs.events.length > 10, 'it was told something')
  t.deepEqual(ours.events, theirs.events)
})

run(`zkCli.sh sees what another session of it left, and no ephemeral${SKIPPED}`, async (t) => {
  const server = await startVivarium()
  t.teardown(() => server.stop())
  const address = `127.0.0.1:${server.port}`
  await runZkCli(address, ['create /kept x', 'create -e /gone x', 'ls /'])
  const { lines } = await runZkCli(address, ['ls /', 'get /kept'])
  t.true(lines.includes('[kept, zookeeper]'), lines.join('\n'))
  t.true(lines.includes('x'))
})

/** A session's ephemerals and identities have no order. */
function unordered(lines: readonly string[]): string[] {
  const sorted: string[] = []
  const identities: string[] = []
  for (const line of [...comparable(lines), '']) {
    const list = /^\[(\/.*)\]$/.exec(line)?.[1]
    if (/^(ip|digest): /.test(line)) identities.push(line)
    else sorted.push(...identities.splice(0).toSorted())
    if (list !== undefined) sorted.push(list.split(', ').toSorted().join(', '))
    else if (!/^(ip|digest): /.test(line)) sorted.push(line)
  }
  return sorted
}

async function both(
  t: ExecutionContext,
  commands: readonly string[],
): Promise<readonly [CliOutput, CliOutput]> {
  const starts = [startVivarium, startZooKeeper]
  const servers = await Promise.all(starts.map((start) => start()))
  t.teardown(() => Promise.all(servers.map((server) => server.stop())))
  const [ours, theirs] = await Promise.all(
    servers.map((server) => runZkCli(`127.0.0.1:${server.port}`, commands)),
  )
  if (ours === undefined || theirs === undefined) throw new Error('two servers were asked')
  return [ours, theirs]
}
