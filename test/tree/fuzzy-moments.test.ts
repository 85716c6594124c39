// A fuzzy snapshot is exact whatever happens at whatever moment of its walk: each story is told at
// every two moments of it, the first part at the one, the rest at the other. Most of the bugs of
// ZooKeeper's own snapshots were one such pair of moments.
import test from 'ava'
import type { ExecutionContext } from 'ava'
import type { RequestBody } from '../../lib/protocol/request.js'
import { Overlay } from '../../lib/tree/overlay.js'
import { prepare, prepareCreateSession } from '../../lib/tree/prepare.js'
import type { SnapshotTail, ZnodeRecord } from '../../lib/tree/record.js'
import { Tree } from '../../lib/tree/tree.js'
import { Leader, create, multi, remove, setData } from './leader.js'

interface Scene {
  readonly leader: Leader
  /** Owns what `before` makes. */
  readonly session: number
  /** Another session, there from the start, with an ephemeral of its own. */
  readonly other: number
}

type Step = (scene: Scene) => void

interface Story {
  readonly name: string
  readonly before: readonly RequestBody[]
  readonly during: readonly Step[]
}

const asks =
  (body: RequestBody): Step =>
  ({ leader, session }) =>
    void leader.submit(session, body)
const otherAsks =
  (body: RequestBody): Step =>
  ({ leader, other }) =>
    void leader.submit(other, body)
const ends: Step = ({ leader, session }) => void leader.expire(session)
const sequential = create('/p/s-', { sequential: true })

const STORIES: readonly Story[] = [
  {
    name: 'a child is created, changed and deleted (ZOOKEEPER-3125, 3249)',
    before: [create('/a'), create('/p'), create('/p/c'), create('/z')],
    during: [create('/p/d'), setData('/p/d', 'x'), remove('/p/c'), remove('/p/d')].map(asks),
  },
  {
    name: 'sequential children come and go (ZOOKEEPER-1046)',
    before: [create('/a'), create('/p'), sequential, create('/z')],
    during: [sequential, remove('/p/s-0000000000'), sequential, remove('/p/s-0000000002')].map(
      asks,
    ),
  },
  {
    name: 'multis touch several parents, some of them fail (ZOOKEEPER-3127)',
    before: [create('/a'), create('/p'), create('/z')],
    during: [
      multi(create('/a/1'), create('/p/1'), setData('/z', 'x')),
      multi(create('/a/2'), remove('/missing')),
      multi(remove('/p/1'), remove('/a/1'), remove('/a'), create('/a')),
    ].map(asks),
  },
  {
    name: 'a session ends, and another takes over its path (ZOOKEEPER-3145)',
    before: [create('/p'), create('/p/e', { ephemeral: true }), create('/z')],
    during: [ends, otherAsks(create('/p/e', { ephemeral: true })), otherAsks(remove('/z'))],
  },
  {
    name: 'a session begins, makes an ephemeral and ends (ZOOKEEPER-3144)',
    before: [create('/p'), create('/z')],
    during: [
      ({ leader }) => void leader.openSession(3, 33),
      ({ leader }) =>
        void leader.submit([...leader.overlay.sessions()].at(-1)!.id, {
          ...create('/p/e', { ephemeral: true }),
        }),
      ({ leader }) => void leader.expire([...leader.overlay.sessions()].at(-1)!.id),
    ],
  },
  {
    name: 'an opening of a replica ends the sessions of the one before',
    before: [create('/p'), create('/p/e', { ephemeral: true })],
    during: [
      ({ leader }) => void leader.register(1, 'database', 1, 11),
      ({ leader }) => void leader.register(1, 'database', 2, 12),
      otherAsks(create('/p/e')),
    ],
  },
  {
    name: 'parents vanish under what is replayed, and requests fail (ZOOKEEPER-1573)',
    before: [create('/a'), create('/p'), create('/p/c'), create('/p/c/d')],
    during: [
      remove('/p'),
      create('/p/c/d'),
      remove('/p/c/d'),
      remove('/p/c'),
      { kind: 'sync' } as const,
      remove('/p'),
      create('/p'),
    ].map(asks),
  },
]

function begin({ before }: Story): Scene {
  const leader = new Leader()
  leader.register(1, 'database', 1, 11)
  const session = leader.openSession(1, 11)
  const other = leader.openSession(2, 22)
  leader.submit(other, create('/other', { ephemeral: true }))
  for (const body of before) leader.submit(session, body)
  leader.commit()
  return { leader, session, other }
}

/** Tells the story around a walk: the first `split` steps before row `first`, the rest before row `second`. */
function snapshotAround(story: Story, first: number, split: number, second: number): Restored {
  const scene = begin(story)
  const { tree } = scene.leader
  const walk = tree.walk(tree.lastZxid)
  const nodes: ZnodeRecord[] = []
  for (let row = 0; !walk.done || row <= second; row++) {
    if (row === first) for (const step of story.during.slice(0, split)) step(scene)
    if (row === second) for (const step of story.during.slice(split)) step(scene)
    scene.leader.commit()
    nodes.push(...walk.next(1))
  }
  const tail = tree.tail(walk.start)
  return { scene, tree: restore(nodes, tail, scene.leader) }
}

interface Restored {
  readonly scene: Scene
  readonly tree: Tree
}

function restore(nodes: readonly ZnodeRecord[], tail: SnapshotTail, { log }: Leader): Tree {
  const tree = new Tree()
  tree.load(nodes)
  tree.loadTail(tail)
  for (const entry of log) {
    if (entry.zxid > tail.start && entry.zxid <= tail.end) tree.apply(entry, 'fuzzy')
  }
  return tree
}

function forEachMoment(
  t: ExecutionContext,
  story: Story,
  check: (restored: Restored, moment: string) => void,
): void {
  const rows = begin(story).leader.tree.size
  let count = 0
  for (let first = 0; first <= rows; first++) {
    for (let second = first; second <= rows; second++) {
      for (let split = 0; split <= story.during.length; split++) {
        count += 1
        check(
          snapshotAround(story, first, split, second),
          `${split} before row ${first}, the rest before row ${second}`,
        )
      }
    }
  }
  t.true(count > 30)
}

for (const story of STORIES) {
  test(`at every two moments of a walk the snapshot is exact: ${story.name}`, (t) => {
    forEachMoment(t, story, ({ scene, tree }, moment) => {
      const { tree: live } = scene.leader
      t.is(tree.digest, live.digest, moment)
      tree.check()
      t.deepEqual(stats(tree), stats(live), moment)
      t.deepEqual(ephemerals(tree), ephemerals(live), moment)
    })
  })
}

test('the next sequence number after a snapshot is the one that the leader gives (ZOOKEEPER-1046)', (t) => {
  forEachMoment(t, STORIES[1]!, ({ scene, tree }, moment) => {
    t.is(nextName(tree), nextName(scene.leader.tree), moment)
  })
})

function stats(tree: Tree): unknown {
  return [...tree.znodes].map(([path, { stat }]) => [path, stat])
}

function ephemerals(tree: Tree): unknown {
  return [...tree.sessions.values()].map((session) => [session.id, [...session.ephemerals].sort()])
}

function nextName(tree: Tree): unknown {
  const overlay = new Overlay(tree)
  const origin = { replica: 9, incarnationKey: 9, view: 1, number: 1 }
  const zxid = tree.lastZxid + 1
  prepareCreateSession(overlay, { kind: 'createSession', origin, timeoutMs: 1 }, zxid, 0)
  const request = { kind: 'request', session: zxid, cxid: 1, settled: 0, body: sequential } as const
  const { body } = prepare(overlay, request, zxid + 1, 0)
  return body.kind === 'create' ? body.path : body
}
