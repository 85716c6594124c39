/** What every transport promises, as one suite: each implementation runs all of it. */
import { createHash } from 'node:crypto'
import { setImmediate as turn } from 'node:timers/promises'
import test, { type ExecutionContext } from 'ava'
import type { Member } from '../../lib/protocol/member.js'
import { QUEUE_LOW_BYTES, type Transport } from '../../lib/transport/transport.js'
import { Recorder, memberOf, openResources } from './support.js'

export interface MemberOptions {
  readonly identity: () => Member
  readonly accept: (peer: Member) => string | undefined
  readonly queueBytesMax?: number
}

/** A fresh place where transports find each other; `create` does not start them. */
export interface Ensemble {
  create(options: MemberOptions): Transport
  remove(): void
}

interface Node {
  readonly transport: Transport
  readonly host: Recorder
}

class Bench {
  readonly #ensemble: Ensemble
  readonly #nodes: Node[] = []

  constructor(ensemble: Ensemble) {
    this.#ensemble = ensemble
  }

  create(id: number, options: Partial<MemberOptions> = {}): Node {
    const transport = this.#ensemble.create({
      identity: () => memberOf(id),
      accept: () => undefined,
      ...options,
    })
    const node = { transport, host: new Recorder() }
    this.#nodes.push(node)
    return node
  }

  async start(id: number, options: Partial<MemberOptions> = {}): Promise<Node> {
    const node = this.create(id, options)
    await node.transport.start(node.host)
    return node
  }

  async end(t: ExecutionContext): Promise<void> {
    for (const { transport } of this.#nodes) await transport.close()
    for (const { host } of this.#nodes) {
      t.deepEqual(host.violations, [])
      t.deepEqual(host.links, [], 'every link that was up is down')
    }
    this.#ensemble.remove()
  }
}

export function conformance(name: string, prepare: () => Promise<Ensemble>): void {
  // One after the other: they look at what is open in the process.
  const check = (
    title: string,
    body: (t: ExecutionContext, bench: Bench) => Promise<void>,
  ): void => {
    test.serial(`${name}: ${title}`, async (t) => {
      const bench = new Bench(await prepare())
      try {
        await body(t, bench)
      } finally {
        await bench.end(t)
      }
    })
  }
  checkLinks(check)
  checkFrames(check)
  checkEnds(check)
  checkRefusals(check)
}

type Check = (title: string, body: (t: ExecutionContext, bench: Bench) => Promise<void>) => void

function checkLinks(check: Check): void {
  check('both ends see one link come up, with what the other is', async (t, bench) => {
    const one = await bench.start(1)
    const two = await bench.start(2)
    t.deepEqual((await one.host.linkTo(2)).peer, memberOf(2))
    t.deepEqual((await two.host.linkTo(1)).peer, memberOf(1))
    await exchange(one, two)
    t.is(one.host.of('up').length, 1)
    t.is(two.host.of('up').length, 1)
  })

  check('every two of three members get one link', async (t, bench) => {
    const nodes = [await bench.start(1), await bench.start(2), await bench.start(3)]
    for (const { host } of nodes) await host.until(() => host.links.length === 2)
    for (const { host } of nodes) t.is(host.of('up').length, 2)
  })

  check(
    'a link that one end closes is down once at both, and comes back as another',
    async (t, bench) => {
      const one = await bench.start(1)
      const two = await bench.start(2)
      const first = await one.host.linkTo(2)
      const otherFirst = await two.host.linkTo(1)
      first.close('enough of it')
      first.close('again')
      t.is(one.host.of('down').length, 0, 'close does not call back from inside')
      await one.host.until(() => one.host.of('up').length === 2)
      await two.host.until(() => two.host.of('up').length === 2)
      t.deepEqual(
        one.host.of('down').map((event) => [event.link.number, event.reason]),
        [[first.number, 'enough of it']],
      )
      t.deepEqual(
        two.host.of('down').map((event) => event.link.number),
        [otherFirst.number],
      )
      t.true((await one.host.linkTo(2)).number > first.number)
      t.true((await two.host.linkTo(1)).number > otherFirst.number)
      await exchange(one, two)
    },
  )

  check('a member that starts again is linked as its new incarnation', async (t, bench) => {
    const one = await bench.start(1)
    const two = await bench.start(2)
    await one.host.linkTo(2)
    await two.transport.close()
    await one.host.until(() => one.host.of('down').length === 1)
    const again = await bench.start(2, {
      identity: () => memberOf(2, { incarnation: 2, incarnationKey: 77 }),
    })
    const link = await one.host.linkTo(2)
    t.is(link.peer.incarnation, 2)
    t.is(link.peer.incarnationKey, 77)
    await exchange(one, again)
  })

  check('what a member says of itself is asked anew for each link', async (t, bench) => {
    let clusterId = ''
    const one = await bench.start(1)
    const two = await bench.start(2, { identity: () => memberOf(2, { clusterId }) })
    const first = await one.host.linkTo(2)
    t.is(first.peer.clusterId, '')
    clusterId = 'formed'
    await two.host.linkTo(1)
    first.close('again')
    await one.host.until(() => one.host.of('up').length === 2)
    t.is((await one.host.linkTo(2)).peer.clusterId, 'formed')
  })
}

function checkFrames(check: Check): void {
  check('10,000 frames each way arrive whole and in order', async (t, bench) => {
    const one = await bench.start(1)
    const two = await bench.start(2)
    await Promise.all([sendMany(one, 2), sendMany(two, 1)])
    for (const { host } of [one, two]) {
      await host.until(() => host.of('frame').length === 10_000, '10,000 frames')
      const wrong = host.frames.findIndex((frame, index) => frame !== textOf(index))
      t.is(wrong, -1)
    }
  })

  check('frames of all sizes stay whole while the queue is full', async (t, bench) => {
    const one = await bench.start(1)
    const two = await bench.start(2)
    let received = 0
    const wrong: number[] = []
    two.host.onFrame = (frame) => {
      if (!filledFrame(received).equals(frame)) wrong.push(received)
      received += 1
    }
    const link = await one.host.linkTo(2)
    await two.host.linkTo(1)
    for (let index = 0; index < 4000; index++) {
      link.send(filledFrame(index))
      // Many small turns without a read at the other end, then one with.
      await (index % 200 === 0 ? turn() : tick())
    }
    await two.host.until(() => received === 4000, 'all frames')
    t.deepEqual(wrong, [])
  })

  check('frames sent from inside up arrive', async (t, bench) => {
    const one = bench.create(1)
    one.host.onUp = (link) => link.send(Buffer.from('early'))
    await one.transport.start(one.host)
    const two = await bench.start(2)
    await two.host.until(() => two.host.of('frame').length === 1)
    t.deepEqual(two.host.frames, ['early'])
  })

  check('a frame may be changed as soon as it is sent', async (t, bench) => {
    const one = await bench.start(1)
    const two = await bench.start(2)
    const link = await one.host.linkTo(2)
    const scratch = Buffer.alloc(3)
    for (const text of ['abc', 'def']) {
      scratch.write(text)
      link.send(scratch)
    }
    scratch.fill(0)
    await two.host.until(() => two.host.of('frame').length === 2)
    t.deepEqual(two.host.frames, ['abc', 'def'])
  })

  check(
    'frames of many MiB arrive whole; the queue is seen to rise and to drain',
    async (t, bench) => {
      const one = await bench.start(1)
      const two = await bench.start(2)
      const received: string[] = []
      two.host.onFrame = (frame) => received.push(digestOf(frame))
      const link = await one.host.linkTo(2)
      await two.host.linkTo(1)
      const frames = Array.from({ length: 6 }, (_, index) => Buffer.alloc(5 << 20, index + 1))
      for (const frame of frames) link.send(frame)
      t.true(link.queuedBytes >= 30 << 20)
      await two.host.until(() => received.length === frames.length, 'all large frames')
      t.deepEqual(received, frames.map(digestOf))
      await one.host.until(() => one.host.of('drained').length === 1)
      t.true(link.queuedBytes <= QUEUE_LOW_BYTES)
    },
  )

  check('a queue past its bound ends the link instead of growing', async (t, bench) => {
    const one = await bench.start(1, { queueBytesMax: 20 << 20 })
    const two = await bench.start(2)
    const link = await one.host.linkTo(2)
    await two.host.linkTo(1)
    const frame = Buffer.alloc(4 << 20, 1)
    let highest = 0
    for (let sent = 0; sent < 10; sent++) {
      link.send(frame)
      highest = Math.max(highest, link.queuedBytes)
    }
    t.true(highest <= 20 << 20)
    t.is(one.host.of('down').length, 0, 'send does not call back from inside')
    await one.host.until(() => one.host.of('down').length === 1)
    await two.host.until(() => two.host.of('down').length === 1)
    t.regex(one.host.of('down')[0]!.reason, /queue is full/)
    await one.host.until(() => one.host.of('up').length === 2)
  })
}

function checkEnds(check: Check): void {
  check('a closed link carries nothing any more', async (t, bench) => {
    const one = await bench.start(1)
    const two = await bench.start(2)
    const link = await one.host.linkTo(2)
    const other = await two.host.linkTo(1)
    one.host.onUp = undefined
    link.close('done')
    link.send(Buffer.from('late'))
    other.send(Buffer.from('to the closed end'))
    await one.host.until(() => one.host.of('up').length === 2)
    await two.host.until(() => two.host.of('up').length === 2)
    await exchange(one, two)
    t.false(two.host.frames.includes('late'))
    t.false(one.host.frames.includes('to the closed end'))
  })

  check(
    'close ends every link, leaves nothing open and tells nothing afterwards',
    async (t, bench) => {
      const before = await openResources()
      const one = await bench.start(1)
      const two = await bench.start(2)
      const three = bench.create(3)
      await one.host.linkTo(2)
      await two.host.linkTo(1)
      const closing = one.transport.close()
      t.is(one.transport.close(), closing)
      t.is(one.host.of('down').length, 0, 'close does not call back from inside')
      await closing
      t.is(one.host.of('down').length, 1)
      const told = one.host.events.length
      await two.transport.close()
      await three.transport.close()
      t.deepEqual(await openResources(), before)
      t.is(one.host.events.length, told)
    },
  )

  check(
    'close during start ends the start with an error and leaves nothing open',
    async (t, bench) => {
      const before = await openResources()
      const one = bench.create(1)
      const starting = one.transport.start(one.host).then(
        () => 'started',
        (error: unknown) => (error as { code: string }).code,
      )
      await one.transport.close()
      t.true(['started', 'CLOSED'].includes(await starting))
      const two = bench.create(2)
      await two.transport.close()
      const error = await t.throwsAsync(two.transport.start(two.host))
      t.is((error as Error & { code: string }).code, 'CLOSED')
      t.deepEqual(await openResources(), before)
    },
  )

  check(
    'a second member in the same place is refused, and the first one lives on',
    async (t, bench) => {
      const one = await bench.start(1)
      const two = await bench.start(2)
      const intruder = bench.create(2)
      const error = await t.throwsAsync(intruder.transport.start(intruder.host))
      t.true(['SLOT_TAKEN', 'ADDRESS_IN_USE'].includes((error as Error & { code: string }).code))
      await intruder.transport.close()
      await one.host.linkTo(2)
      await two.host.linkTo(1)
      await exchange(one, two)
    },
  )
}

function checkRefusals(check: Check): void {
  check(
    'a peer that the host refuses has no link at either end, until it is let in',
    async (t, bench) => {
      let objection: string | undefined = 'another cluster'
      const one = await bench.start(1, { accept: () => objection })
      const two = await bench.start(2, { identity: () => memberOf(2, { clusterId: 'c2' }) })
      await one.host.until(() => one.host.refusals.length >= 3)
      t.deepEqual([...new Set(one.host.refusals)], ['NOT_ACCEPTED'])
      t.regex(one.host.of('refused')[0]!.detail, /peer 2: another cluster/)
      t.is(one.transport.refusals, one.host.refusals.length)
      t.is(one.host.of('up').length + two.host.of('up').length, 0)
      objection = undefined
      await one.host.linkTo(2)
      await two.host.linkTo(1)
      await exchange(one, two)
    },
  )

  check('members of different protocol versions say so and have no link', async (t, bench) => {
    const one = await bench.start(1)
    const two = await bench.start(2, { identity: () => memberOf(2, { protocol: 9 }) })
    await one.host.until(() => one.host.refusals.length >= 2)
    await two.host.until(() => two.host.refusals.length >= 2)
    for (const { host } of [one, two]) {
      t.deepEqual([...new Set(host.refusals)], ['PROTOCOL_VERSION'])
      t.is(host.of('up').length, 0)
    }
    t.regex(one.host.of('refused')[0]!.detail, /version 9/)
  })
}

/** One frame each way, so that whatever was on its way before has arrived. */
async function exchange(one: Node, two: Node): Promise<void> {
  for (const [sender, receiver] of [
    [one.host, two.host],
    [two.host, one.host],
  ] as const) {
    await sender.until(() => sender.links.length > 0, 'a link')
    const mark = `mark ${sender.events.length}`
    sender.links[0]?.send(Buffer.from(mark))
    await receiver.until(() => receiver.frames.includes(mark), mark)
  }
}

async function sendMany(node: Node, peer: number): Promise<void> {
  const link = await node.host.linkTo(peer)
  for (let index = 0; index < 10_000; index++) {
    link.send(Buffer.from(textOf(index)))
    if (index % 97 === 0) await turn()
  }
}

/** Lengths from 6 to 3,000 bytes, so that frames lie across all borders of chunks. */
function textOf(index: number): string {
  return `${index}:`.padEnd(6 + ((index * 7919) % (index % 10 === 0 ? 3000 : 60)), '.')
}

function filledFrame(index: number): Buffer {
  return Buffer.alloc(1 + ((index * 7919) % 9001), index)
}

function tick(): Promise<void> {
  return new Promise((resolve) => process.nextTick(resolve))
}

function digestOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}
