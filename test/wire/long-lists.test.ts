// What a request or a znode carries beside path and data counts too: frames keep their bound whatever lists are long.
import test from 'ava'
import { FRAME_BYTES_MAX, SNAPSHOT_SLICE_BYTES } from '../../lib/base/limits.js'
import type { Acl, Identity } from '../../lib/protocol/acl.js'
import type { Request, RequestBody } from '../../lib/protocol/request.js'
import { forwardMessages } from '../../lib/replica/forward.js'
import { Overlay } from '../../lib/tree/overlay.js'
import { prepare, prepareCreateSession } from '../../lib/tree/prepare.js'
import { Tree } from '../../lib/tree/tree.js'
import { decodeMessages, encodeFrames } from '../../lib/wire/message.js'

/** Not ASCII: three bytes for each unit. */
const LONG_NAME = '€'.repeat(200)
const EVERYBODY_KNOWN: readonly Identity[] = Array.from({ length: 63 }, (_, index) => ({
  scheme: 'digest',
  id: `${LONG_NAME}${index}:hash`,
}))
const LONG_ACL: readonly Acl[] = Array.from({ length: 40 }, (_, index) => ({
  perms: 31,
  scheme: 'digest',
  id: `${'x'.repeat(170)}${index}:hash`,
}))

function requests(count: number, body: RequestBody, auth?: readonly Identity[]): Request[] {
  return Array.from({ length: count }, (_, index) => {
    return { kind: 'request', session: 1, cxid: index + 1, settled: 0, body, auth }
  })
}

function create(path: string): RequestBody {
  return {
    kind: 'create',
    path,
    data: undefined,
    ephemeral: false,
    sequential: false,
    acl: LONG_ACL,
  }
}

function forwarded(sent: readonly Request[]): readonly Request[] {
  const frames = forwardMessages(sent).flatMap((message) => encodeFrames([message]))
  for (const frame of frames) if (frame.length > FRAME_BYTES_MAX) throw new Error('too long')
  return frames.flatMap((frame) => {
    return decodeMessages(frame).flatMap((message) => {
      return message.kind === 'forward' ? message.requests : []
    })
  })
}

test('a thousand requests of somebody with many names fit their frames', (t) => {
  const sent = requests(1000, { kind: 'sync' }, EVERYBODY_KNOWN)
  t.deepEqual(
    forwarded(sent).map(({ kind }) => kind),
    sent.map(({ kind }) => kind),
  )
})

test('thousands of creates with long ACLs fit their frames', (t) => {
  t.is(forwarded(requests(3500, create('/a'))).length, 3500)
})

test('a frame that would be too long is cut, whatever its parts were taken for', (t) => {
  // One message, as nobody of ours would make it.
  const sent = requests(1000, { kind: 'sync' }, EVERYBODY_KNOWN)
  const frames = encodeFrames([{ kind: 'forward', requests: sent }])
  t.true(frames.every((frame) => frame.length <= FRAME_BYTES_MAX))
})

test('a slice of a snapshot counts the ACLs of its znodes', (t) => {
  const tree = new Tree()
  const overlay = new Overlay(tree)
  const origin = { replica: 1, incarnationKey: 1, view: 0, number: 1 }
  const opening = { kind: 'createSession', origin, timeoutMs: 1000 } as const
  tree.apply({ zxid: 1, txn: prepareCreateSession(overlay, opening, 1, 0) }, 'strict')
  for (let index = 0; index < 200; index += 1) {
    const zxid = index + 2
    const body = create(`/${index}`)
    const request = { kind: 'request', session: 1, cxid: index + 1, settled: index, body } as const
    tree.apply({ zxid, txn: prepare(overlay, request, zxid, 0) }, 'strict')
    overlay.prune(zxid)
  }
  const walk = tree.walk(tree.lastZxid)
  for (let slice = 0; !walk.done; slice += 1) {
    const nodes = walk.next(SNAPSHOT_SLICE_BYTES)
    const bytes = encodeFrames([{ kind: 'snapNodes', slice, nodes, sessions: [] }])[0]?.length ?? 0
    t.true(bytes < 2 * SNAPSHOT_SLICE_BYTES, `${bytes} bytes`)
  }
})
