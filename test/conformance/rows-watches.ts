/** What fires which watch, once or again and again, and what is heard of it. */
import { PERMS } from '../../lib/protocol/acl.js'
import { code } from './row.js'
import type { Row, Scene } from './row.js'

const NOBODY = [{ perms: PERMS.ALL, scheme: 'digest', id: 'nobody:x' }]

/** Sets a watch, changes something with another session, and tells what the watcher heard. */
function heard(
  watch: (scene: Scene) => Promise<unknown>,
  ...changes: readonly ((scene: Scene) => Promise<unknown>)[]
): Row['run'] {
  return async (scene) => {
    await watch(scene)
    const writer = await scene.other()
    for (const change of changes) await change({ ...scene, client: writer })
    return scene.events()
  }
}

const create =
  (name: string) =>
  ({ client, base }: Scene): Promise<unknown> =>
    client.create(base + name)
const remove =
  (name: string) =>
  ({ client, base }: Scene): Promise<unknown> =>
    client.delete(base + name)
const set =
  (name: string) =>
  ({ client, base }: Scene): Promise<unknown> =>
    client.setData(base + name, 'x')
const exists =
  (name: string) =>
  ({ client, base }: Scene): Promise<unknown> =>
    client.exists(base + name, true)
const getData =
  (name: string) =>
  ({ client, base }: Scene): Promise<unknown> =>
    client.getData(base + name, true)
const getChildren =
  (name: string) =>
  ({ client, base }: Scene): Promise<unknown> =>
    client.getChildren(base + name, true)
const persistent =
  (name: string) =>
  ({ client, base }: Scene): Promise<unknown> =>
    client.addWatch(base + name, 'persistent')
const recursive =
  (name: string) =>
  ({ client, base }: Scene): Promise<unknown> =>
    client.addWatch(base + name, 'persistentRecursive')

const ONCE: readonly Row[] = [
  {
    rule: 'exists on a missing znode hears of its creation, once',
    run: heard(exists('/a'), create('/a'), set('/a')),
    expect: ['NodeCreated /a'],
  },
  {
    rule: 'exists on a znode hears of its data',
    run: heard(exists(''), set(''), set('')),
    expect: ['NodeDataChanged '],
  },
  {
    rule: 'getData hears of its data, once',
    run: heard(getData(''), set(''), set('')),
    expect: ['NodeDataChanged '],
  },
  {
    rule: 'getData hears of its deletion',
    run: async (scene) => {
      await scene.client.create(`${scene.base}/a`)
      return heard(getData('/a'), remove('/a'))(scene)
    },
    expect: ['NodeDeleted /a'],
  },
  {
    rule: 'getData does not hear of children',
    run: heard(getData(''), create('/a')),
    expect: [],
  },
  {
    rule: 'getChildren hears of a creation, once',
    run: heard(getChildren(''), create('/a'), create('/b')),
    expect: ['NodeChildrenChanged '],
  },
  {
    rule: 'getChildren does not hear of data, nor of grandchildren',
    run: async (scene) => {
      await scene.client.create(`${scene.base}/a`)
      return heard(getChildren(''), set(''), set('/a'), create('/a/b'))(scene)
    },
    expect: [],
  },
  {
    rule: 'getChildren hears of the deletion of the znode itself',
    run: async (scene) => {
      await scene.client.create(`${scene.base}/a`)
      return heard(getChildren('/a'), remove('/a'))(scene)
    },
    expect: ['NodeDeleted /a'],
  },
  {
    rule: 'of a deletion a session that watches data and children hears once',
    run: async (scene) => {
      await scene.client.create(`${scene.base}/a`)
      await getData('/a')(scene)
      return heard(getChildren('/a'), remove('/a'))(scene)
    },
    expect: ['NodeDeleted /a'],
  },
  {
    rule: 'setACL fires nothing',
    run: heard(getData(''), ({ client, base }) => {
      return client.setACL(base, [{ perms: 31, scheme: 'world', id: 'anyone' }])
    }),
    expect: [],
  },
  {
    rule: 'a read that fails leaves no watch',
    run: heard(
      ({ client, base }) => code(client.getData(`${base}/a`, true)),
      create('/a'),
      set('/a'),
    ),
    expect: [],
  },
  {
    rule: 'a request that fails fires nothing',
    run: heard(getData(''), ({ client, base }) => code(client.setData(base, 'x', 7))),
    expect: [],
  },
]

const PERSISTENT: readonly Row[] = [
  {
    rule: 'a persistent watch hears of everything but its grandchildren, again and again',
    run: heard(persistent(''), set(''), create('/a'), set('/a'), create('/a/b'), set('')),
    expect: ['NodeDataChanged ', 'NodeChildrenChanged ', 'NodeDataChanged '],
  },
  {
    rule: 'a persistent watch outlives the znode',
    run: heard(persistent('/a'), create('/a'), remove('/a'), create('/a')),
    expect: ['NodeCreated /a', 'NodeDeleted /a', 'NodeCreated /a'],
  },
  {
    rule: 'a recursive watch hears of all below, and never that children changed',
    run: heard(recursive(''), set(''), create('/a'), create('/a/b'), set('/a/b'), remove('/a/b')),
    expect: [
      'NodeDataChanged ',
      'NodeCreated /a',
      'NodeCreated /a/b',
      'NodeDataChanged /a/b',
      'NodeDeleted /a/b',
    ],
  },
  {
    rule: 'a multi is heard operation by operation',
    run: heard(recursive(''), ({ client, base }) => {
      return client.multi([
        { kind: 'create', path: `${base}/a` },
        { kind: 'setData', path: `${base}/a`, data: 'x', version: -1 },
        { kind: 'delete', path: `${base}/a`, version: -1 },
      ])
    }),
    expect: ['NodeCreated /a', 'NodeDataChanged /a', 'NodeDeleted /a'],
  },
  {
    rule: 'a persistent and a one-shot watch on one path are one event',
    run: async (scene) => {
      await persistent('')(scene)
      return heard(getData(''), set(''), set(''))(scene)
    },
    expect: ['NodeDataChanged ', 'NodeDataChanged '],
  },
  {
    rule: 'a session hears of what it does itself, before its answer',
    run: async ({ client, base }) => {
      await client.addWatch(base, 'persistent')
      const before = client.events.length
      await client.setData(base, 'x')
      return client.events.length - before
    },
    expect: 1,
  },
  {
    rule: 'the end of a session deletes its ephemerals, each of which is heard',
    run: async (scene) => {
      const mortal = await scene.other()
      await mortal.create(`${scene.base}/a`, '', { ephemeral: true })
      await recursive('')(scene)
      await mortal.close()
      return scene.events()
    },
    expect: ['NodeDeleted /a'],
  },
]

const REMOVED: readonly Row[] = [
  {
    rule: 'a watch that was removed hears nothing of what comes',
    run: async (scene) => {
      await persistent('')(scene)
      await scene.client.removeWatches(scene.base, 'any')
      const before = scene.client.events.length
      await set('')(scene)
      await scene.client.sync('/')
      return scene.client.events.length - before
    },
    expect: 0,
  },
  {
    rule: 'removing what is not there is told',
    run: ({ client, base }) => code(client.removeWatches(base, 'any')),
    expect: 'NO_WATCHER',
  },
  {
    rule: 'removing one type leaves the other',
    run: async (scene) => {
      await getData('')(scene)
      await getChildren('')(scene)
      await scene.client.removeWatches(scene.base, 'data')
      const before = (await scene.events()).length
      await set('')(scene)
      await create('/a')(scene)
      return (await scene.events()).slice(before)
    },
    expect: ['NodeChildrenChanged '],
  },
]

const FILTERED: readonly Row[] = [
  {
    rule: 'who may not read a znode does not hear of it (CVE-2024-23944)',
    run: async (scene) => {
      await recursive('')(scene)
      const writer = await scene.other()
      await writer.create(`${scene.base}/secret`, '', { acl: NOBODY })
      await writer.create(`${scene.base}/open`)
      await writer.delete(`${scene.base}/secret`)
      return scene.events()
    },
    expect: ['NodeCreated /open'],
  },
  {
    rule: 'of children hears only who may read their parent',
    run: async (scene) => {
      await persistent('')(scene)
      const writer = await scene.other()
      await writer.setACL(scene.base, [{ perms: 30, scheme: 'world', id: 'anyone' }])
      await writer.create(`${scene.base}/a`)
      return scene.events()
    },
    expect: [],
  },
]

export const WATCH_ROWS: readonly Row[] = [...ONCE, ...PERSISTENT, ...REMOVED, ...FILTERED]
