/** Requests of the model, one rule of ZooKeeper each: which check wins, what a stat shows, what a multi takes back. */
import test from 'ava'
import { EPHEMERAL_LENGTH_MAX } from './draft.js'
import {
  EPOCH_MS,
  Scene,
  bytes,
  check,
  codeOf,
  create,
  ephemeral,
  remove,
  sequential,
  set,
} from './scene.js'
import { newZnode, withData } from './znode.js'

test('a create without its parent is NO_NODE, even if the path is bad', (t) => {
  const scene = new Scene()
  t.is(codeOf(scene.create('/a/b')), 'NO_NODE')
  t.is(codeOf(scene.create('/a//b')), 'NO_NODE')
  t.is(codeOf(scene.create('/a/..')), 'NO_NODE')
  scene.create('/a')
  t.is(codeOf(scene.create('/a/..')), 'BAD_ARGUMENTS')
  t.is(codeOf(scene.create('/a/b/')), 'NO_NODE')
  t.is(codeOf(scene.create('a')), 'BAD_ARGUMENTS')
  t.is(codeOf(scene.create('/\u0001')), 'BAD_ARGUMENTS')
  t.is(codeOf(scene.create('/')), 'NODE_EXISTS')
})

test('NODE_EXISTS comes before NO_CHILDREN_FOR_EPHEMERALS', (t) => {
  const scene = new Scene()
  scene.ask(ephemeral('/e'))
  t.is(codeOf(scene.create('/e')), 'NODE_EXISTS')
  t.is(codeOf(scene.create('/e/x')), 'NO_CHILDREN_FOR_EPHEMERALS')
})

test('a delete checks parent, znode, version and emptiness, in this order', (t) => {
  const scene = new Scene()
  t.is(codeOf(scene.ask(remove('/'))), 'BAD_ARGUMENTS')
  t.is(codeOf(scene.ask(remove('/a/b', 3))), 'NO_NODE')
  scene.create('/a')
  scene.create('/a/b')
  t.is(codeOf(scene.ask(remove('/a', 3))), 'BAD_VERSION')
  t.is(codeOf(scene.ask(remove('/a', 0))), 'NOT_EMPTY')
  t.is(codeOf(scene.ask(remove('/a/b', 0))), 'OK')
  t.is(codeOf(scene.ask(remove('/a'))), 'OK')
  t.is(codeOf(scene.ask(remove('/a'))), 'NO_NODE')
})

test('setData raises version, mzxid and mtime and nothing else', (t) => {
  const scene = new Scene()
  scene.create('/a', 'one')
  const before = scene.stat('/a')
  t.is(codeOf(scene.ask(set('/b', 'x'))), 'NO_NODE')
  t.is(codeOf(scene.ask(set('/a', 'x', 1))), 'BAD_VERSION')
  const { outcome } = scene.ask(set('/a', 'three', 0))
  const stat = {
    ...before,
    version: 1,
    mzxid: scene.zxid,
    mtime: EPOCH_MS + scene.zxid,
    dataLength: 5,
  }
  t.deepEqual(outcome, { kind: 'ok', results: [{ kind: 'setData', stat }] })
  t.deepEqual(scene.model.getData('/a'), { data: bytes('three'), stat })
  t.deepEqual(scene.stat('/a', before.czxid), before)
})

test('a version wraps through the negative numbers and leaves out −1', (t) => {
  for (const [from, to] of [
    [2 ** 31 - 1, -(2 ** 31)],
    [-2, 0],
    [-3, -2],
  ] as const) {
    t.is(versionAfter(from), to)
  }
})

test('a created child raises the parent’s cversion and pzxid, and so does a deleted one', (t) => {
  const scene = new Scene()
  scene.create('/a')
  const born = scene.stat('/a')
  scene.create('/a/b')
  const grown = { ...born, pzxid: scene.zxid, cversion: 1, numChildren: 1 }
  t.deepEqual(scene.stat('/a'), grown)
  scene.create('/a/b/c')
  t.deepEqual(scene.stat('/a'), grown)
  scene.ask(remove('/a/b/c'))
  scene.ask(remove('/a/b'))
  t.deepEqual(scene.stat('/a'), { ...born, pzxid: scene.zxid, cversion: 2, numChildren: 0 })
})

test('a new znode has all its zxids from the txn that made it', (t) => {
  const scene = new Scene()
  scene.ask(ephemeral('/e'))
  const { zxid, session } = scene
  t.deepEqual(scene.stat('/e'), {
    czxid: zxid,
    mzxid: zxid,
    pzxid: zxid,
    ctime: EPOCH_MS + zxid,
    mtime: EPOCH_MS + zxid,
    version: 0,
    cversion: 0,
    aversion: 0,
    ephemeralOwner: session,
    dataLength: 0,
    numChildren: 0,
  })
})

test('null data and empty data differ in the digest and nowhere in the stat', (t) => {
  const [left, right] = [new Scene(), new Scene()]
  left.ask({ ...create('/a'), data: undefined })
  right.ask(create('/a'))
  t.deepEqual(left.stat('/a'), right.stat('/a'))
  t.not(left.model.digest, right.model.digest)
})

test('a sequence number counts all children ever created, failed ones excepted', (t) => {
  const scene = new Scene()
  const pathOf = (path: string): unknown => {
    const { outcome } = scene.ask(sequential(path))
    const [first] = outcome.kind === 'ok' ? outcome.results : []
    return first?.kind === 'create' ? first.path : undefined
  }
  scene.create('/q')
  t.is(pathOf('/q/n-'), '/q/n-0000000000')
  scene.create('/q/plain')
  scene.create('/q/plain')
  t.is(pathOf('/q/'), '/q/0000000002')
  scene.ask(remove('/q/n-0000000000'))
  t.is(pathOf('/q/n-'), '/q/n-0000000003')
  scene.multi(sequential('/q/n-'), check('/missing'))
  t.is(pathOf('/q/n-'), '/q/n-0000000004')
})

test('a parent that is made again counts from 0', (t) => {
  const scene = new Scene()
  scene.create('/q')
  scene.ask(sequential('/q/n-'))
  scene.ask(remove('/q/n-0000000000'))
  scene.multi(remove('/q'), create('/q'), sequential('/q/n-'))
  t.deepEqual(scene.names('/q'), ['n-0000000000'])
  t.is(scene.stat('/q').cversion, 1)
})

test('a multi sees what its earlier operations did, and each result shows that moment', (t) => {
  const scene = new Scene()
  const { outcome } = scene.multi(create('/a'), create('/a/b'), set('/a', 'x', 0), check('/a', 1))
  if (outcome.kind !== 'ok') return t.fail()
  t.deepEqual(
    outcome.results.map(({ kind }) => kind),
    ['create', 'create', 'setData', 'check'],
  )
  const [first, , third] = outcome.results
  t.is(first?.kind === 'create' ? first.stat.numChildren : undefined, 0)
  t.is(third?.kind === 'setData' ? third.stat.numChildren : undefined, 1)
  t.is(scene.stat('/a').czxid, scene.zxid)
})

test('a multi that fails changes nothing and tells which operation failed', (t) => {
  const scene = new Scene()
  scene.create('/a')
  const before = scene.stat('/')
  const { outcome, effects } = scene.multi(create('/b'), remove('/a'), check('/c'), create('/d'))
  t.deepEqual(outcome, {
    kind: 'error',
    code: 'NO_NODE',
    index: 2,
    results: [
      { kind: 'error', code: 'OK', errno: 0 },
      { kind: 'error', code: 'OK', errno: 0 },
      { kind: 'error', code: 'NO_NODE', errno: -101 },
      { kind: 'error', code: 'RUNTIME_INCONSISTENCY', errno: -2 },
    ],
  })
  t.deepEqual(effects, [])
  t.deepEqual(scene.stat('/'), before)
  t.deepEqual(scene.names('/'), ['a', 'zookeeper'])
})

test('an empty multi succeeds', (t) => {
  t.deepEqual(new Scene().multi().outcome, { kind: 'ok', results: [] })
})

test('a session takes exactly its own ephemerals with it, in one txn', (t) => {
  const scene = new Scene()
  const other = scene.open()
  scene.create('/p')
  scene.ask(ephemeral('/p/mine'))
  scene.ask(ephemeral('/p/theirs'), other)
  scene.multi(ephemeral('/p/gone'), remove('/p/gone'))
  const { closed } = scene.ask({ kind: 'closeSession' })
  t.deepEqual(closed, ['/p/mine'])
  t.deepEqual(scene.names('/p'), ['theirs'])
  t.is(scene.stat('/p').pzxid, scene.zxid)
  t.is(codeOf(scene.create('/late')), 'SESSION_EXPIRED')
  t.deepEqual(scene.model.closeSession(scene.zxid + 1, other).closed, ['/p/theirs'])
})

test('an ephemeral that anybody deletes is no longer its session’s', (t) => {
  const scene = new Scene()
  const other = scene.open()
  scene.ask(ephemeral('/e'))
  scene.ask(remove('/e'), other)
  scene.ask(create('/e'), other)
  t.deepEqual(scene.ask({ kind: 'closeSession' }).closed, [])
  t.deepEqual(scene.names('/'), ['e', 'zookeeper'])
})

test('a session owns so many bytes of paths and no more', (t) => {
  const scene = new Scene()
  const name = (index: number): string => `/${index}-`.padEnd(4000, 'x')
  const fits = Math.floor(EPHEMERAL_LENGTH_MAX / 4000)
  for (let index = 0; index < fits; index += 1) scene.ask(ephemeral(name(index)))
  t.is(codeOf(scene.ask(ephemeral(name(fits)))), 'QUOTA_EXCEEDED')
  t.is(codeOf(scene.ask(create(name(fits)))), 'OK')
  t.is(codeOf(scene.multi(remove(name(0)), ephemeral(name(fits + 1)))), 'OK')
})

test('a registration ends the sessions of the incarnation before, of the same database only', (t) => {
  const scene = new Scene()
  const register = (databaseId: string, incarnationKey: number): number[] => {
    const incarnation = { databaseId, incarnation: 1, incarnationKey }
    const registration = { replica: 1, incarnation, process: undefined }
    return scene.model.register(scene.zxid + 1, registration)
  }
  t.deepEqual(register('db', 7), [])
  scene.ask(ephemeral('/e'))
  t.deepEqual(register('other', 8), [])
  t.deepEqual(register('db', 7), [])
  t.deepEqual(register('db', 7), [])
  const other = scene.open(2, 7)
  t.deepEqual(register('db', 9), [scene.session])
  t.deepEqual(scene.names('/'), ['zookeeper'])
  t.deepEqual([...scene.model.openSessions.keys()], [other])
})

test('every state stays readable at its position', (t) => {
  const scene = new Scene()
  const zxids: number[] = []
  scene.create('/q')
  for (let index = 0; index < 100; index += 1) {
    scene.ask(sequential('/q/n-'))
    zxids.push(scene.zxid)
    if (index % 3 === 2) scene.ask(remove(`/q/n-${String(index - 1).padStart(10, '0')}`))
  }
  zxids.forEach((zxid, index) => {
    const names = scene.names('/q', zxid)
    t.is(names?.length, scene.stat('/q', zxid).numChildren)
    t.true(names?.includes(`n-${String(index).padStart(10, '0')}`))
  })
  t.is(scene.names('/q', 1), undefined)
})

test('the digest of equal histories is equal, and of others is not', (t) => {
  const play = (data: string): Scene => {
    const scene = new Scene()
    scene.create('/a', data)
    scene.ask(set('/a', 'same'))
    return scene
  }
  t.is(play('x').model.digest, play('x').model.digest)
  const [left, right] = [play('x'), play('y')]
  t.not(left.model.digestAt(left.zxid - 1), right.model.digestAt(right.zxid - 1))
  t.is(left.model.digest, right.model.digest)
  right.ask({ kind: 'sync' })
  t.not(left.model.digest, right.model.digest)
})

test('what a session has settled leaves the digest again', (t) => {
  const play = (settled: number): Scene => {
    const scene = new Scene()
    const { session } = scene
    const ask = (cxid: number, known: number): void => {
      const asked = { session, cxid, settled: known, request: { kind: 'sync' } } as const
      scene.model.execute(scene.zxid + 1, 0, asked)
    }
    ask(1, 0)
    ask(2, settled)
    return scene
  }
  t.not(play(0).model.digest, play(1).model.digest)
})

function versionAfter(version: number): number {
  return withData({ ...newZnode('/a', undefined, 0, 1, 0), version }, undefined, 2, 0).version
}
