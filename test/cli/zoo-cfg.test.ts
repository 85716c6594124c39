// ZooKeeper's configuration file: Java's property syntax, the lines of servers, and what is checked.
import test from 'ava'
import { Failure } from '../../lib/cli/failure.js'
import { parseProperties } from '../../lib/cli/properties.js'
import { parseServerLine } from '../../lib/cli/server-line.js'
import type { ServerLine } from '../../lib/cli/server-line.js'
import { parseZooCfg } from '../../lib/cli/zoo-cfg.js'
import type { ZooCfg } from '../../lib/cli/zoo-cfg.js'

const PROPERTIES: readonly (readonly [string, string, readonly (readonly [string, string])[]])[] = [
  ['an equals sign', 'a=b', [['a', 'b']]],
  ['a colon', 'a:b', [['a', 'b']]],
  ['a blank', 'a b', [['a', 'b']]],
  ['a tab', 'a\tb', [['a', 'b']]],
  ['blanks around the sign', '  a \t= \t b', [['a', 'b']]],
  ['only the first sign counts', 'a==b:c', [['a', '=b:c']]],
  ['a sign after a blank', 'a :b', [['a', 'b']]],
  ['no value', 'a', [['a', '']]],
  ['an empty value', 'a=', [['a', '']]],
  ['blanks at the end of a value stay', 'a=b  ', [['a', 'b  ']]],
  ['comments', '# a=b\n  ! c=d\na=b', [['a', 'b']]],
  ['a sign of a comment inside a value', 'a=b # c', [['a', 'b # c']]],
  [
    'empty lines, all kinds of ends',
    '\n\r\n a=1\rb=2\r\nc=3\n \t\n',
    [
      ['a', '1'],
      ['b', '2'],
      ['c', '3'],
    ],
  ],
  ['a line that goes on', 'a=b,\\\n   c', [['a', 'b,c']]],
  [
    'two backslashes at the end do not go on',
    'a=b\\\\\nc=d',
    [
      ['a', 'b\\'],
      ['c', 'd'],
    ],
  ],
  ['a line that goes on into the end', 'a=b\\', [['a', 'b']]],
  ['what looks like a comment in a line that goes on', 'a=b\\\n#c', [['a', 'b#c']]],
  ['a comment does not go on', '# a\\\nb=c', [['b', 'c']]],
  ['escaped signs in a key', 'a\\=b\\:c\\ d=e', [['a=b:c d', 'e']]],
  ['escapes', 'a=\\t\\n\\r\\f\\\\\\q\\u0041', [['a', '\t\n\r\f\\qA']]],
  [
    'a Windows path as it should be written',
    'dataDir=C:\\\\zk\\\\data',
    [['dataDir', 'C:\\zk\\data']],
  ],
  [
    'twice the same',
    'a=1\na=2',
    [
      ['a', '1'],
      ['a', '2'],
    ],
  ],
]

for (const [what, text, expected] of PROPERTIES) {
  test(`a property file: ${what}`, (t) => {
    t.deepEqual(
      parseProperties(text).map(({ key, value }) => [key, value] as const),
      [...expected],
    )
  })
}

test('a malformed character escape is refused with its line', (t) => {
  const error = t.throws(() => parseProperties('a=1\nb=\\u12g4'), { instanceOf: Failure })
  t.regex(error?.message ?? '', /^line 2: .*\\u12g4/)
})

const LINE: Omit<ServerLine, 'id' | 'host' | 'quorumPort' | 'electionPort'> = {
  role: 'participant',
  clientPort: undefined,
  clientAddress: undefined,
  others: [],
}
const zk1 = { ...LINE, id: 1, host: 'zk1', quorumPort: 2888, electionPort: 3888 }

const LINES: readonly (readonly [string, Partial<ServerLine>])[] = [
  ['zk1:2888:3888', {}],
  ['zk1:2888:3888:participant', {}],
  ['zk1:2888:3888:OBSERVER', { role: 'observer' }],
  ['zk1:2888:3888;2181', { clientPort: 2181 }],
  ['zk1:2888:3888:observer;2181', { role: 'observer', clientPort: 2181 }],
  ['zk1:2888:3888;0.0.0.0:2181', { clientPort: 2181, clientAddress: '0.0.0.0' }],
  ['zk1:2888:3888;[::]:2181', { clientPort: 2181, clientAddress: '::' }],
  ['[2001:db8::1]:2888:3888', { host: '2001:db8::1' }],
  ['zk1:2888:3888|zk1b:2889:3889', { others: ['zk1b:2889:3889'] }],
]

for (const [text, expected] of LINES) {
  test(`a server: ${text}`, (t) => {
    t.deepEqual(parseServerLine('server.1', text), { ...zk1, ...expected })
  })
}

const BAD_LINES = [
  ['server.1', 'zk1'],
  ['server.1', 'zk1:2888'],
  ['server.1', 'zk1:2888:3888:leader'],
  ['server.1', 'zk1:2888:3888:participant:x'],
  ['server.1', 'zk1:2888:66000'],
  ['server.1', ':2888:3888'],
  ['server.1', 'zk1:2888:3888;'],
  ['server.1', 'zk1:2888:3888;a:b'],
  ['server.1', 'zk1:2888:3888;2181;2182'],
  ['server.0', 'zk1:2888:3888'],
  ['server.x', 'zk1:2888:3888'],
  ['server.70000', 'zk1:2888:3888'],
] as const

for (const [key, text] of BAD_LINES) {
  test(`no server: ${key}=${text}`, (t) => {
    const error = t.throws(() => parseServerLine(key, text), { instanceOf: Failure })
    t.true(error?.message.startsWith(`${key}=${text}: `), error?.message)
    t.is(error?.exitCode, 2)
  })
}

function parse(text: string, files: Readonly<Record<string, string>> = {}): ZooCfg {
  return parseZooCfg(text, (path) => files[path] ?? '')
}

test('the sample that comes with ZooKeeper is understood without a warning', (t) => {
  const found = parse(`
    # The number of milliseconds of each tick
    tickTime=2000
    initLimit=10
    syncLimit=5
    dataDir=/tmp/zookeeper
    clientPort=2181
    maxClientCnxns=60
  `)
  t.deepEqual(found, {
    dataDir: '/tmp/zookeeper',
    clientPort: 2181,
    clientPortAddress: undefined,
    tickTime: 2000,
    minSessionTimeout: undefined,
    maxSessionTimeout: undefined,
    maxClientCnxns: 60,
    frameBytesMax: undefined,
    fourLetterWords: [],
    superDigest: undefined,
    secretFile: undefined,
    servers: [],
    warnings: [],
  })
})

const BASE = 'dataDir=/d\nclientPort=2181\n'

const UNDERSTOOD: readonly (readonly [string, Partial<ZooCfg>])[] = [
  ['clientPortAddress=0.0.0.0', { clientPortAddress: '0.0.0.0' }],
  ['clientPort = 0', { clientPort: 0 }],
  ['minSessionTimeout=-1', { minSessionTimeout: undefined }],
  [
    'minSessionTimeout=100\nmaxSessionTimeout=200',
    { minSessionTimeout: 100, maxSessionTimeout: 200 },
  ],
  ['4lw.commands.whitelist=stat, ruok,,*', { fourLetterWords: ['stat', 'ruok', '*'] }],
  ['jute.maxbuffer=0xfffff', { frameBytesMax: 0xf_ffff }],
  ['vivarium.secretFile=/etc/secret', { secretFile: '/etc/secret' }],
  ['DigestAuthenticationProvider.superDigest=super:abc=', { superDigest: 'super:abc=' }],
  ['electionAlg=3\nstandaloneEnabled=false', { warnings: [] }],
]

for (const [lines, expected] of UNDERSTOOD) {
  test(`understood: ${lines.replaceAll('\n', ', ')}`, (t) => {
    t.like(parse(BASE + lines), { warnings: [], ...expected })
  })
}

const REFUSED: readonly (readonly [string, RegExp])[] = [
  ['clientPort=2181', /^dataDir is not set$/],
  ['dataDir=\nclientPort=2181', /^dataDir is not set$/],
  ['dataDir=/d\nclientPortAddress=::', /clientPort is not set/],
  [`${BASE}clientPort=x`, /^clientPort=x: /],
  [`${BASE}clientPort=70000`, /^clientPort=70000: /],
  [`${BASE}tickTime=0`, /^tickTime=0: /],
  [`${BASE}tickTime=2s`, /^tickTime=2s: /],
  [`${BASE}minSessionTimeout=90000`, /minSessionTimeout must not be larger/],
  [`${BASE}maxClientCnxns=-1`, /^maxClientCnxns=-1: /],
  [`${BASE}electionAlg=1`, /electionAlg can only be 3/],
  [`${BASE}server.1=a:1:2\nserver.2=b:1:2\nsyncLimit=5`, /initLimit is not set/],
  [`${BASE}server.1=a:1:2\nserver.2=b:1:2\ninitLimit=5`, /syncLimit is not set/],
  [`${BASE}server.1=a:1`, /^line 3: server\.1=a:1: a port is missing/],
  [`${BASE}dynamicConfigFile=/x\nserver.1=a:1:2`, /^line 4: server\.1 must be in \/x$/],
]

for (const [text, message] of REFUSED) {
  test(`refused: ${text.replaceAll('\n', ', ')}`, (t) => {
    t.throws(() => parse(text), { instanceOf: Failure, message })
  })
}

test('servers are ascending, and of two with one number the last counts', (t) => {
  const text = `${BASE}initLimit=5\nsyncLimit=2\nserver.3=c:1:2\nserver.1=a:1:2\nserver.3=d:1:2\n`
  t.deepEqual(
    parse(text).servers.map(({ id, host }) => [id, host]),
    [
      [1, 'a'],
      [3, 'd'],
    ],
  )
})

test('servers may stand in a file of their own', (t) => {
  const dynamic = 'server.1=a:1:2:participant;2181\nversion=100000000\n'
  const { servers, warnings } = parse('dataDir=/d\ndynamicConfigFile=/zoo.dynamic', {
    '/zoo.dynamic': dynamic,
  })
  t.like(servers, [{ id: 1, host: 'a', clientPort: 2181 }] as unknown as typeof servers)
  t.deepEqual(warnings, [])
})

test('what means nothing here is warned about by name, once each', (t) => {
  const text = `${BASE}dataLogDir=/l\nautopurge.purgeInterval=1\nautopurge.purgeInterval=2\nfoo=bar`
  t.deepEqual(parse(text).warnings, [
    'line 3: dataLogDir is ignored: the log is part of the database in dataDir',
    'line 4: autopurge.purgeInterval is ignored',
    'line 6: foo is ignored',
  ])
})
