/** What the tests of the transports share: members, a recording host, places to listen. */
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { PROTOCOL_VERSION, type Member } from '../../lib/protocol/member.js'
import type { Link, Refusal, TransportEvents } from '../../lib/transport/transport.js'

export function memberOf(replicaId: number, changes: Partial<Member> = {}): Member {
  return {
    protocol: PROTOCOL_VERSION,
    clusterId: 'c1',
    replicaId,
    voterIds: [1, 2, 3],
    databaseId: `db-${replicaId}`,
    incarnation: 1,
    incarnationKey: replicaId,
    role: 'voter',
    empty: false,
    process: { bootId: 'boot', pidNamespace: 'pid:[1]', pid: 100 + replicaId, startTime: 7 },
    ...changes,
  }
}

export type Event =
  | { readonly kind: 'up'; readonly link: Link }
  | { readonly kind: 'down'; readonly link: Link; readonly reason: string }
  | { readonly kind: 'frame'; readonly link: Link; readonly frame: Uint8Array }
  | { readonly kind: 'drained'; readonly link: Link }
  | { readonly kind: 'refused'; readonly refusal: Refusal; readonly detail: string }

/** A host that records every event and checks the order that all transports promise. */
export class Recorder implements TransportEvents {
  readonly events: Event[] = []
  readonly violations: string[] = []
  /** Called at `up`, for tests that send from there. */
  onUp: ((link: Link) => void) | undefined
  /** Replaces the recording of frames, for tests with many bytes. */
  onFrame: ((frame: Uint8Array) => void) | undefined
  readonly #upLinks = new Map<number, Link>()
  readonly #seen = new Set<number>()
  #waiters: (() => void)[] = []

  up(link: Link): void {
    if (this.#seen.has(link.number)) this.violations.push(`link ${link.number} is up twice`)
    this.#seen.add(link.number)
    for (const other of this.#upLinks.values()) {
      if (other.peer.replicaId !== link.peer.replicaId) continue
      this.violations.push(`link ${link.number} is up before link ${other.number} is down`)
    }
    this.#upLinks.set(link.number, link)
    this.#record({ kind: 'up', link })
    this.onUp?.(link)
  }

  down(link: Link, reason: string): void {
    if (!this.#upLinks.delete(link.number)) this.violations.push(`down of ${link.number}, not up`)
    this.#record({ kind: 'down', link, reason })
  }

  frame(link: Link, frame: Uint8Array): void {
    if (!this.#upLinks.has(link.number)) this.violations.push(`frame on ${link.number}, not up`)
    if (this.onFrame === undefined)
      this.#record({ kind: 'frame', link, frame: Uint8Array.from(frame) })
    else this.onFrame(frame)
    this.#wake()
  }

  drained(link: Link): void {
    if (!this.#upLinks.has(link.number)) this.violations.push(`drained ${link.number}, not up`)
    this.#record({ kind: 'drained', link })
  }

  refused(refusal: Refusal, detail: string): void {
    this.#record({ kind: 'refused', refusal, detail })
  }

  get links(): Link[] {
    return [...this.#upLinks.values()]
  }

  get frames(): string[] {
    return this.of('frame').map((event) => Buffer.from(event.frame).toString('latin1'))
  }

  get refusals(): Refusal[] {
    return this.of('refused').map((event) => event.refusal)
  }

  of<K extends Event['kind']>(kind: K): Extract<Event, { kind: K }>[] {
    return this.events.filter((event) => event.kind === kind) as Extract<Event, { kind: K }>[]
  }

  /** Resolves once the condition holds; it is asked again after every event. */
  async until(condition: () => boolean, what: string = String(condition)): Promise<void> {
    const deadline = Date.now() + 20_000
    while (!condition()) {
      if (Date.now() > deadline) throw new Error(`never came: ${what}; ${this.#summary()}`)
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, 250)
        this.#waiters.push(() => {
          clearTimeout(timer)
          resolve()
        })
      })
    }
  }

  /** The link to a peer, once it is up. */
  async linkTo(replicaId: number): Promise<Link> {
    const find = (): Link | undefined =>
      this.links.find((link) => link.peer.replicaId === replicaId)
    await this.until(() => find() !== undefined, `a link to ${replicaId}`)
    return find()!
  }

  #record(event: Event): void {
    this.events.push(event)
    this.#wake()
  }

  #wake(): void {
    const waiters = this.#waiters
    this.#waiters = []
    for (const waiter of waiters) waiter()
  }

  #summary(): string {
    const lines = this.events.slice(-10).map((event) => {
      if (event.kind === 'refused') return `${event.refusal}: ${event.detail}`
      return event.kind === 'down' ? `down: ${event.reason}` : event.kind
    })
    return lines.join(', ')
  }
}

/** What is open in this process, after a few turns for what is already ending. */
export async function openResources(): Promise<string[]> {
  for (let turns = 0; turns < 20; turns++) await turn()
  const ours = /^(TCP|Pipe|Timeout|GetAddrInfo)/
  return process
    .getActiveResourcesInfo()
    .filter((name) => ours.test(name))
    .sort()
}

export function temporaryDirectory(): { path: string; remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), 'vt-'))
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) }
}

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      const port = typeof address === 'object' && address !== null ? address.port : 0
      server.close(() => resolve(port))
    })
  })
}
