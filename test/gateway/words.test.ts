// The four-letter words: ZooKeeper's text, and nothing to whom the whitelist does not name.
import test from 'ava'
import { WORDS } from '../../lib/gateway/words.js'
import { FakeSessions } from './fake-sessions.js'
import { OPEN, RawClient } from './raw-client.js'
import { client, gatewayOver, say, served, servedThree } from './support.js'

const ALL = { whitelist: ['*'] }

test('srvr and isro are answered, the others only if the whitelist names them', async (t) => {
  const { port } = await served(t, { whitelist: ['ruok'] })
  t.regex(await say(port, 'srvr'), /^Zookeeper version: /)
  t.is(await say(port, 'isro'), 'rw')
  t.is(await say(port, 'ruok'), 'imok')
  for (const word of WORDS.filter((name) => !['srvr', 'isro', 'ruok'].includes(name))) {
    const refusal = `${word} is not executed because it is not in the whitelist.\n`
    t.is(await say(port, word), refusal)
  }
  t.is(await say(port, 'stmk'), 'stmk is not executed because it is not in the whitelist.\n')
})

test('what follows a word means nothing, and its pieces are put together', async (t) => {
  const { port } = await served(t, ALL)
  t.is(await say(port, 'ruok\r\nmore'), 'imok')
  const raw = await RawClient.open(port)
  let text = ''
  raw.socket.removeAllListeners('data')
  raw.socket.on('data', (chunk) => (text += chunk.toString()))
  for (const piece of ['r', 'uo', 'k']) {
    raw.write(piece)
    await new Promise((resolve) => setImmediate(resolve))
  }
  await raw.closed
  t.is(text, 'imok')
})

test('srvr tells what scripts ask for, line by line', async (t) => {
  const { port, zk } = await served(t)
  const raw = await client(t, port)
  await raw.ask({ kind: 'create', path: '/a', data: undefined, acl: OPEN, flags: 0 })
  const lines = (await say(port, 'srvr')).split('\n')
  t.is(lines[0], 'Zookeeper version: 3.9.0-vivarium, built on 01/02/2026 15:04 UTC')
  t.regex(lines[1] ?? '', /^Latency min\/avg\/max: \d+\/\d+\.\d+\/\d+$/)
  t.deepEqual(lines.slice(2), [
    'Received: 3',
    'Sent: 2',
    'Connections: 2',
    'Outstanding: 0',
    `Zxid: 0x${zk.replica.status().lastZxid.toString(16)}`,
    'Mode: standalone',
    `Node count: ${zk.replica.status().znodes}`,
    '',
  ])
  const other = await served(t, { version: '9.9.9 mine' })
  t.regex(await say(other.port, 'srvr'), /^Zookeeper version: 9\.9\.9 mine\n/)
})

test('of three, one is the leader, the others follow', async (t) => {
  const { gateways } = await servedThree(t, ALL)
  const modes: string[] = []
  for (const { port } of gateways) {
    const mode = /^Mode: (.*)$/m.exec(await say(port, 'srvr'))?.[1] ?? ''
    t.true((await say(port, 'mntr')).includes(`zk_server_state\t${mode}\n`))
    modes.push(mode)
  }
  t.deepEqual(modes.sort(), ['follower', 'follower', 'leader'])
})

test('stat and cons list the connections, cons with their sessions', async (t) => {
  const { port } = await served(t, ALL)
  const raw = await client(t, port)
  await raw.err({ kind: 'exists', path: '/a', watch: false })
  const brief = / \/127\.0\.0\.1:\d+\[1\]\(queued=0,recved=2,sent=2\)\n/
  const stat = await say(port, 'stat')
  t.regex(stat, /^Zookeeper version: .*\nClients:\n \/127/)
  t.regex(stat, brief)
  t.regex(stat, /\)\n\nLatency min/)
  const id = Number(raw.session?.sessionId).toString(16)
  const full = new RegExp(
    `recved=2,sent=2,sid=0x${id},lop=EXIS,est=\\d+,to=10000,lcxid=0x1,lzxid=0x[0-9a-f]+,` +
      'lresp=\\d+,llat=\\d+,minlat=\\d+,avglat=\\d+,maxlat=\\d+\\)\\n',
  )
  t.regex(await say(port, 'cons'), full)
  t.is(await say(port, 'crst'), 'Connection stats reset.\n')
  t.regex(await say(port, 'cons'), /recved=0,sent=0,sid=0x[0-9a-f]+,lop=NA,est=/)
  t.is(await say(port, 'srst'), 'Server stats reset.\n')
  t.regex(await say(port, 'srvr'), /\nReceived: 1\nSent: 1\n/)
})

test('dump lists sessions and ephemerals, the three of watches their watches', async (t) => {
  const { port, zk } = await served(t, ALL)
  t.is(await say(port, 'wchs'), '0 connections watching 0 paths\nTotal watches:0\n')
  t.is(await say(port, 'wchc'), '\n')
  t.is(await say(port, 'wchp'), '\n')
  const raw = await client(t, port)
  await raw.ask({ kind: 'create', path: '/e', data: undefined, acl: OPEN, flags: 1 })
  await raw.ask({ kind: 'getData', path: '/e', watch: true })
  await raw.ask({ kind: 'getChildren', path: '/', watch: true })
  const id = `0x${Number(raw.session?.sessionId).toString(16)}`
  const dump = await say(port, 'dump')
  t.true(dump.startsWith('SessionTracker dump:\nGlobal Sessions(2):\n'))
  t.true(dump.includes(`0x${zk.id.toString(16)}\t10000ms\n${id}\t10000ms\n`))
  t.true(dump.includes(`ephemeral nodes dump:\nSessions with Ephemerals (1):\n${id}:\n\t/e\n`))
  t.regex(dump, new RegExp(`Connections dump:\\n.*\\n\\tip: /127.0.0.1:\\d+ sessionId: ${id}\\n`))
  t.is(await say(port, 'wchs'), '1 connections watching 2 paths\nTotal watches:2\n')
  t.is(await say(port, 'wchc'), `${id}\n\t/e\n\t/\n\n`)
  t.is(await say(port, 'wchp'), `/e\n\t${id}\n/\n\t${id}\n\n`)
})

test('mntr, conf, envi, dirs and hash are lists of names and values', async (t) => {
  const { port, zk, gateway } = await served(t, { ...ALL, tickTime: 1000 })
  await client(t, port)
  const mntr = new Map(
    (await say(port, 'mntr')).split('\n').map((line) => line.split('\t') as [string, string]),
  )
  for (const [name, value] of [
    ['zk_server_state', 'standalone'],
    ['zk_num_alive_connections', '2'],
    ['zk_outstanding_requests', '0'],
    ['zk_znode_count', String(zk.replica.status().znodes)],
    ['zk_watch_count', '0'],
    ['zk_ephemerals_count', '0'],
    ['zk_global_sessions', '2'],
    ['zk_packets_received', '2'],
  ] as const) {
    t.is(mntr.get(name), value, name)
  }
  t.true([...mntr.keys()].every((name) => name === '' || /^zk_[a-z0-9_]+$/.test(name)))
  t.is(
    await say(port, 'conf'),
    [
      `clientPort=${gateway.port}`,
      'clientPortAddress=127.0.0.1',
      'secureClientPort=-1',
      'tickTime=1000',
      'maxClientCnxns=60',
      'minSessionTimeout=2000',
      'maxSessionTimeout=20000',
      'serverId=1',
      '',
    ].join('\n'),
  )
  t.regex(await say(port, 'envi'), /^Environment:\nzookeeper\.version=3\.9\.0-vivarium,.*\n/)
  t.regex(await say(port, 'dirs'), /^datadir_size: \d+\nlogdir_size: \d+\n$/)
  const { lastZxid, digest } = zk.replica.status()
  t.is(await say(port, 'hash'), `${lastZxid.toString(16)}: ${digest}\n`)
})

test('mntr writes the replica’s own names as ZooKeeper would', async (t) => {
  const sessions = new FakeSessions()
  sessions.values = { lagTxnsMax: 3, 'refused.FRAME_EMPTY': 1 }
  const { port } = await gatewayOver(t, sessions, ALL)
  const mntr = await say(port, 'mntr')
  t.true(mntr.includes('\nzk_vivarium_lag_txns_max\t3\n'))
  t.true(mntr.includes('\nzk_vivarium_refused_frame_empty\t1\n'))
})

test('without a leader the words say so', async (t) => {
  const sessions = new FakeSessions()
  sessions.isServing = false
  const { port } = await gatewayOver(t, sessions, ALL)
  const sentence = 'This ZooKeeper instance is not currently serving requests\n'
  for (const word of ['srvr', 'stat', 'mntr', 'cons', 'dump', 'wchs', 'conf', 'dirs', 'crst']) {
    t.is(await say(port, word), sentence, word)
  }
  t.is(await say(port, 'isro'), 'null')
  t.is(await say(port, 'ruok'), 'imok')
})
