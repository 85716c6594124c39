/** When two sockets are one link, and when they no longer are. */
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import type { Member } from '../../lib/protocol/member.js'
import { encodeAnswer, encodeWelcome } from '../../lib/transport/handshake.js'
import { SocketTransport } from '../../lib/transport/socket-transport.js'
import { FakePeer, framed } from './fake-peer.js'
import { Recorder, memberOf, temporaryDirectory } from './support.js'

interface Scene {
  readonly t: ExecutionContext
  readonly host: Recorder
  readonly peer: FakePeer
}

function scene(title: string, body: (scene: Scene) => Promise<void>): void {
  test(title, async (t) => {
    const directory = temporaryDirectory()
    const path = (id: number): string => join(directory.path, `${id}.sock`)
    const peer = FakePeer.create({ path: path(2), targetPath: path(1) })
    const host = new Recorder()
    const transport = new SocketTransport({
      identity: () => memberOf(1),
      accept: () => undefined,
      listen: `unix:${path(1)}`,
      peers: new Map([[2, `unix:${path(2)}`]]),
      handshakeTimeoutMs: 500,
    })
    try {
      await transport.start(host)
      await body({ t, host, peer })
    } finally {
      await transport.close()
      await peer.close()
      directory.remove()
    }
    t.deepEqual(host.violations, [])
  })
}

scene('a link is not up before the peer has welcomed it', async ({ t, host, peer }) => {
  const own = peer.open()
  const hello = peer.hello()
  own.write(hello)
  const theirs = await peer.accept()
  own.write(peer.answerTo(await theirs.message('hello'), hello))
  await theirs.message('welcome')
  t.is(host.of('up').length, 0)
  own.write(encodeWelcome(), Buffer.from('first'))
  await host.until(() => host.of('frame').length === 1)
  t.deepEqual(
    host.events.map((event) => event.kind),
    ['up', 'frame'],
  )
})

scene('an answer to a socket that is over does no harm to the next one', async (given) => {
  const { t, host, peer } = given
  const own = peer.open()
  const hello = peer.hello()
  own.write(hello, encodeAnswer(Buffer.alloc(16, 7), Buffer.alloc(32)))
  const theirs = await peer.accept()
  own.write(peer.answerTo(await theirs.message('hello'), hello))
  await theirs.message('welcome')
  own.write(encodeWelcome())
  await host.linkTo(2)
  t.deepEqual(host.refusals, [])
})

scene('a handshake may come in pieces of one byte, the first frame in its wake', async (given) => {
  const { t, host, peer } = given
  const own = peer.open()
  own.socket.setNoDelay(true)
  const hello = peer.hello()
  const theirs = await peer.accept()
  const answer = peer.answerTo(await theirs.message('hello'), hello)
  const bytes = Buffer.concat([hello, answer, encodeWelcome(), Buffer.from('x')].map(framed))
  for (let at = 0; at < bytes.length; at++) {
    own.socket.write(bytes.subarray(at, at + 1))
    await new Promise(setImmediate)
  }
  await host.until(() => host.of('frame').length === 1)
  t.deepEqual(host.frames, ['x'])
})

for (const which of ['own', 'theirs'] as const) {
  scene(`the end of the socket that ${which} opened ends the other one too`, async (given) => {
    const { t, host, peer } = given
    const pair = await peer.pair()
    await host.linkTo(2)
    pair[which].socket.destroy()
    await Promise.all([pair.own.ended, pair.theirs.ended])
    await host.until(() => host.of('down').length === 1)
    await peer.pair()
    await host.until(() => host.of('up').length === 2)
    t.is(host.of('down').length, 1)
  })
}

scene('a newer pair replaces a link whose old sockets are still open', async (given) => {
  const { t, host, peer } = given
  const first = await peer.pair()
  const old = await host.linkTo(2)
  const second = await peer.pair()
  await Promise.all([first.own.ended, first.theirs.ended])
  await host.until(() => host.of('up').length === 2)
  t.deepEqual(
    host.events.map((event) => event.kind),
    ['up', 'down', 'up'],
  )
  const link = await host.linkTo(2)
  t.true(link.number > old.number)
  second.own.write(Buffer.from('by the new pair'))
  await host.until(() => host.frames.includes('by the new pair'))
  t.regex(host.of('down')[0]!.reason, /newer link/)
})

scene('a peer that takes the call and says nothing is called again', async ({ t, host, peer }) => {
  const silent = await peer.accept()
  await silent.message('hello')
  await silent.ended
  await peer.pair()
  await host.linkTo(2)
  t.is(host.of('up').length, 1)
})

test('a stranger who claims to be a linked peer changes nothing for either of them', async (t) => {
  const directory = temporaryDirectory()
  const path = (id: number): string => join(directory.path, `${id}.sock`)
  const peers = new Map([1, 2].map((id) => [id, `unix:${path(id)}`]))
  const hosts = [new Recorder(), new Recorder()] as const
  const transports = [1, 2].map(
    (id) =>
      new SocketTransport({
        identity: () => memberOf(id),
        accept: () => undefined,
        listen: `unix:${path(id)}`,
        peers,
        handshakeTimeoutMs: 300,
      }),
  )
  const stranger = FakePeer.create({ path: path(3), targetPath: path(1) })
  try {
    for (const [index, transport] of transports.entries()) await transport.start(hosts[index]!)
    const links = [await hosts[0].linkTo(2), await hosts[1].linkTo(1)]
    // Two at once, so that whatever one of them starts could be picked up by the other.
    const wires = [stranger.open(), stranger.open()]
    for (const wire of wires) wire.write(stranger.hello())
    await Promise.all(wires.map((wire) => wire.ended))
    t.deepEqual([...hosts[0].links, ...hosts[1].links], links)
    t.is(hosts[0].of('down').length + hosts[1].of('down').length, 0)
    t.deepEqual(hosts[0].refusals, ['HANDSHAKE_TIMEOUT', 'HANDSHAKE_TIMEOUT'])
    // Bounded by the growing delays, not one per round trip.
    t.true(hosts[1].refusals.length < 20)
  } finally {
    await Promise.all(transports.map((transport) => transport.close()))
    await stranger.close()
    directory.remove()
  }
  for (const host of hosts) t.deepEqual(host.violations, [])
})

test('a database that takes another name during a handshake is known by no link under the former one', async (t) => {
  const directory = temporaryDirectory()
  const path = (id: number): string => join(directory.path, `${id}.sock`)
  let databaseId = 'former'
  const transportOf = (id: number, hears: (peer: Member) => void): SocketTransport => {
    return new SocketTransport({
      identity: () => memberOf(id, id === 1 ? { databaseId } : {}),
      accept: (peer) => {
        hears(peer)
        return undefined
      },
      listen: `unix:${path(id)}`,
      peers: new Map([[3 - id, `unix:${path(3 - id)}`]]),
      handshakeTimeoutMs: 500,
    })
  }
  const heard: string[] = []
  const one = new Recorder()
  const other = new Recorder()
  // The other has heard the former name already when it is given up.
  const transports = [
    transportOf(1, () => undefined),
    transportOf(2, (peer) => {
      heard.push(peer.databaseId)
      databaseId = 'new'
    }),
  ]
  try {
    await Promise.all([transports[0]?.start(one), transports[1]?.start(other)])
    await other.until(() => other.links.some(({ peer }) => peer.databaseId === 'new'))
    t.is(heard[0], 'former')
    t.true(other.links.every(({ peer }) => peer.databaseId === 'new'))
  } finally {
    await Promise.all(transports.map((transport) => transport.close()))
    directory.remove()
  }
})
