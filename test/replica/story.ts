/**
 * A story told step by step: an ensemble of real replicas and Views in a simulated world in which nothing goes wrong but
 * what the story says. Time passes only when it says so.
 */
import { SILENT } from '../../lib/testing/observer.js'
import type { Process } from '../../lib/testing/process.js'
import { Trace } from '../../lib/testing/trace.js'
import { World } from '../../lib/testing/world.js'
import type { WorldOptions } from '../../lib/testing/world.js'
import { DEFAULT_BOUNDS } from '../../lib/replica/options.js'
import type { ReplicaBounds } from '../../lib/replica/options.js'
import type { ReplicaHandle } from '../../lib/session/handle.js'
import type { Session } from '../../lib/session/session.js'
import type { Tree } from '../../lib/tree/tree.js'
import { DEFAULT_TIMING } from '../../lib/zab/options.js'

export interface StoryOptions extends Partial<Omit<WorldOptions, 'bounds' | 'seed'>> {
  readonly bounds?: Partial<ReplicaBounds>
}

/** How long a healthy ensemble may take for anything at all, ms. */
const PATIENCE_MS = 10_000
/** No story asks its session for its replica. */
const NO_HANDLE = {} as ReplicaHandle

export class Story {
  readonly world: World
  /** Epochs of leaders that were established. */
  readonly epochs: number[] = []

  constructor(size: number, { bounds, ...options }: StoryOptions = {}) {
    const failed = (what: string, message: string): void => {
      throw new Error(`${what}: ${message}`)
    }
    const established = (_: Process, epoch: number): void => void this.epochs.push(epoch)
    this.world = new World(
      {
        seed: 1,
        size,
        timing: DEFAULT_TIMING,
        bounds: { ...DEFAULT_BOUNDS, ...bounds },
        networkLatencyMs: 1,
        diskLatencyMs: 1,
        viewLatencyMs: 0.1,
        sameMachine: false,
        throughWire: true,
        drift: 0,
        viewsPerProcess: 1,
        ...options,
      },
      { ...SILENT, failed, established },
      new Trace(),
    )
    this.world.network.isCalm = true
  }

  /** An ensemble in which everybody serves. */
  static async begin(size: number, options?: StoryOptions): Promise<Story> {
    const story = new Story(size, options)
    for (const { id } of story.world.machines) story.start(id)
    await story.calm()
    return story
  }

  get now(): number {
    return this.world.now
  }

  get ids(): number[] {
    return this.world.machines.map(({ id }) => id)
  }

  /** Whoever is established in the newest epoch. */
  get leader(): number | undefined {
    const leaders = this.world.processes.filter(({ replica: { status } }) => {
      return status?.role === 'leading' && status.established
    })
    return leaders.toSorted((a, b) => epochOf(b) - epochOf(a))[0]?.id
  }

  get theLeader(): number {
    if (this.leader === undefined) throw new Error('nobody leads')
    return this.leader
  }

  get followers(): number[] {
    return this.ids.filter((id) => id !== this.leader)
  }

  process(id: number): Process {
    const { process } = this.world.machine(id)
    if (process === undefined) throw new Error(`replica ${id} is not running`)
    return process
  }

  tree(id: number): Tree {
    const { core } = this.process(id).replica
    if (core === undefined) throw new Error(`replica ${id} is loading`)
    return core.tree
  }

  isServing(id: number): boolean {
    return this.world.machine(id).process?.replica.status?.established === true
  }

  start(id: number): void {
    this.world.start(this.world.machine(id))
  }

  /** `kill -9`. Others see the links end at once, or only after `silentMs`. */
  kill(id: number, silentMs: number = 1): void {
    this.world.kill(this.world.machine(id), silentMs)
  }

  /** Nothing gets from the one to the other any more. */
  block(from: number, to: number): void {
    this.world.network.block(from, to)
  }

  /** Nothing gets to that one, nor from it. */
  isolate(id: number): void {
    for (const other of this.ids) {
      if (other === id) continue
      this.block(id, other)
      this.block(other, id)
    }
  }

  heal(): void {
    this.world.network.unblockAll()
  }

  async open(id: number, timeout: number = 10_000): Promise<Session> {
    const [view] = this.process(id).views
    if (view === undefined) throw new Error('a process has a View')
    return this.settled(view.view.openSession({ timeout }, { replica: NO_HANDLE }))
  }

  async run(ms: number): Promise<void> {
    await this.world.scheduler.drain()
    await this.world.scheduler.runUntil(this.now + ms)
    await this.world.scheduler.drain()
  }

  async until(
    isTrue: () => boolean,
    what: string,
    patienceMs: number = PATIENCE_MS,
  ): Promise<void> {
    await this.world.scheduler.drain()
    const isDone = await this.world.scheduler.runUntil(this.now + patienceMs, isTrue)
    if (!isDone) throw new Error(`after ${patienceMs} ms still no ${what}`)
  }

  /** What a promise comes to, while time passes. */
  async settled<T>(promise: Promise<T>, patienceMs?: number): Promise<T> {
    let isSettled = false
    const note = (): void => void (isSettled = true)
    promise.then(note, note)
    await this.until(() => isSettled, 'answer', patienceMs)
    return promise
  }

  /** Everybody serves and has the same state. */
  async calm(patienceMs?: number): Promise<void> {
    const isCalm = (): boolean => {
      const { processes } = this.world
      const positions = processes.map(({ replica }) => replica.core?.tree.lastZxid)
      const isEqual = new Set(positions).size === 1
      return isEqual && processes.every(({ id }) => this.isServing(id))
    }
    await this.until(isCalm, 'calm', patienceMs)
    // What has just been applied may have made others write.
    await this.run(300)
    if (!isCalm()) await this.until(isCalm, 'calm', patienceMs)
    const digests = this.world.processes.map(({ id }) => this.tree(id).digest)
    if (new Set(digests).size !== 1) throw new Error('replicas differ')
    for (const { id } of this.world.processes) this.tree(id).check()
  }
}

function epochOf({ replica }: Process): number {
  return replica.status?.epoch ?? 0
}
