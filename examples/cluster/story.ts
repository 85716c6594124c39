/**
 * The story, as the primary tells it: it says only what it has seen, and stops at the first thing that is not as
 * claimed. It waits for events, never for a while; one guard ends a story that got stuck.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { monotonicMs } from './command.js'
import type { StatusAnswer } from './command.js'
import { Hand } from './crew.js'

const REPLICAS = 3
const WINDOW = 1000
/** Longer than the story takes on any machine that is not hung. */
const STUCK_MS = 120_000

export async function tellStory(): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), 'vivarium-story-'))
  const story = new Story(dir)
  const guard = new AbortController()
  const stuck = delay(STUCK_MS, undefined, { signal: guard.signal }).then(() => {
    throw new Error(`nothing has happened for too long since "${story.chapter}"`)
  })
  try {
    await Promise.race([story.tell(), stuck])
  } finally {
    guard.abort()
    await stuck.catch(() => undefined)
    await story.clear()
    await rm(dir, { recursive: true, force: true })
  }
}

class Story {
  chapter = ''
  readonly #dir: string
  readonly #start = monotonicMs()
  #crew: Hand[] = []
  #chapters = 0

  constructor(dir: string) {
    this.#dir = dir
  }

  async tell(): Promise<void> {
    console.log(`Three processes, one directory: ${this.#dir}`)
    await this.#form()
    await this.#write()
    await this.#watch()
    await this.#killFollower()
    await this.#killLeader()
    await this.#compare()
    await this.#end()
  }

  /** Whatever happened, nobody is left behind. */
  async clear(): Promise<void> {
    const left = this.#crew.filter((hand) => !hand.isDead)
    for (const hand of left) hand.kill()
    await Promise.all(left.map((hand) => hand.exited))
  }

  async #form(): Promise<void> {
    this.#begin('Three workers join, each a replica')
    await Promise.all(Array.from({ length: REPLICAS }, () => this.#hire()))
    this.#crew.sort((one, other) => one.id - other.id)
    const leader = await this.#leader()
    const { epoch } = await leader.ask({ kind: 'status' })
    for (const hand of this.#crew) {
      const role = hand === leader ? 'leads' : 'follows'
      this.#say(`replica ${hand.id}  pid ${hand.pid}  ${role}`)
    }
    this.#say(`epoch ${epoch} has begun: every replica agrees who leads`)
  }

  async #write(): Promise<void> {
    this.#begin('Everybody writes, everybody reads')
    const [first] = this.#crew
    claim(first !== undefined, 'there is a first replica')
    for (const path of ['/notes', '/alive', '/jobs', '/config']) {
      await first.ask({ kind: 'create', path, ephemeral: false })
    }
    for (const hand of this.#crew) {
      const path = `/notes/from-${hand.id}`
      const { tookMs, zxid } = await hand.ask({ kind: 'create', path, ephemeral: false })
      await hand.ask({ kind: 'create', path: `/alive/${hand.id}`, ephemeral: true })
      const reader = this.#other(hand)
      const { data, readMicros } = await reader.ask({ kind: 'read', path, zxid })
      claim(
        data === `by pid ${hand.pid}`,
        `replica ${reader.id} reads what replica ${hand.id} wrote`,
      )
      this.#say(
        `replica ${hand.id} writes ${path} in ${ms(tookMs)}; ` +
          `replica ${reader.id} reads "${data}" in ${readMicros.toFixed(2)} µs`,
      )
    }
  }

  async #watch(): Promise<void> {
    this.#begin('A watch fires')
    const [watcher, writer] = this.#crew
    claim(watcher !== undefined && writer !== undefined, 'there are two replicas')
    await watcher.ask({ kind: 'watch', path: '/config' })
    const written = await writer.ask({ kind: 'set', path: '/config', data: 'colour=green' })
    const fired = await watcher.ask({ kind: 'fired', path: '/config' })
    claim(fired.type === 'NodeDataChanged', 'the watch tells of changed data')
    claim(fired.data === 'colour=green', 'the callback reads the data that fired it')
    this.#say(`replica ${watcher.id} watches /config; replica ${writer.id} sets it`)
    this.#say(`${fired.type} after ${ms(fired.at - written.at)}; it reads "${fired.data}"`)
  }

  async #killFollower(): Promise<void> {
    this.#begin('A follower is killed')
    const leader = await this.#leader()
    const victim = this.#other(leader)
    const witnesses = this.#crew.filter((hand) => hand !== victim)
    const path = `/alive/${victim.id}`
    for (const witness of witnesses) await witness.ask({ kind: 'watch', path })
    const killedAt = victim.kill()
    this.#say(`kill -9 ${victim.pid}, replica ${victim.id}, the owner of the ephemeral ${path}`)
    for (const witness of witnesses) {
      const { type, at } = await witness.ask({ kind: 'fired', path })
      claim(type === 'NodeDeleted', `${path} is deleted`)
      const role = witness === leader ? 'which leads' : 'which follows'
      this.#say(`gone after ${ms(at - killedAt)} for replica ${witness.id}, ${role}`)
    }
    await this.#restart(victim)
  }

  async #killLeader(): Promise<void> {
    this.#begin(`The leader is killed while ${WINDOW.toLocaleString('en')} writes are in flight`)
    const leader = await this.#leader()
    const writer = this.#other(leader)
    const flood = await writer.ask({
      kind: 'flood',
      path: '/jobs',
      window: WINDOW,
      victim: leader.pid,
    })
    const { settledBefore, inFlight, killedAt, nextCommitAt, settledAt } = flood
    const inFlightText = inFlight.toLocaleString('en')
    this.#say(
      `replica ${writer.id} creates jobs; kill -9 ${leader.pid}, replica ${leader.id}, the leader`,
    )
    this.#say(`${inFlightText} are in flight at the kill, ${settledBefore} were settled before`)
    const next = await this.#leader(leader)
    claim(inFlight === WINDOW, `${WINDOW} writes were in flight`)
    claim(next !== leader, 'a survivor leads')
    const byOld = flood.byOldLeader - settledBefore
    this.#say(`replica ${next.id} leads; next commit ${ms(nextCommitAt - killedAt)} after the kill`)
    this.#say(
      `all ${inFlightText} settled after ${ms(settledAt - killedAt)}: ` +
        `${byOld} in the old epoch, ${flood.byNewLeader} in the new one`,
    )
    await this.#countJobs(flood.byOldLeader + flood.byNewLeader)
    await this.#restart(leader)
  }

  /** A sequence number used twice, or left out, would show in every later one. */
  async #countJobs(expected: number): Promise<void> {
    for (const hand of this.#living()) {
      const { count, isInOrder, distinctZxids } = await hand.ask({ kind: 'count', path: '/jobs' })
      claim(count === expected, `replica ${hand.id} has all jobs (${count} of ${expected})`)
      claim(isInOrder, `replica ${hand.id} has each job once, in the order of the calls`)
      claim(distinctZxids === count, `replica ${hand.id} has a zxid of its own for each job`)
      this.#say(
        `replica ${hand.id} counts ${count} jobs: each once, in order, ${distinctZxids} zxids`,
      )
    }
  }

  async #compare(): Promise<void> {
    this.#begin('The replicas are compared')
    const statuses = await this.#atOneZxid()
    for (const { id, lastZxid, digest } of statuses) {
      this.#say(`replica ${id}  zxid 0x${lastZxid.toString(16)}  digest ${digest.toString(16)}`)
    }
    const digests = new Set(statuses.map(({ digest }) => digest))
    claim(digests.size === 1, 'equal digests at equal zxids')
    this.#say('equal')
  }

  async #end(): Promise<void> {
    this.#begin('Everybody leaves')
    const ended = this.#living().map(async (hand) => {
      const { tookMs } = await hand.ask({ kind: 'close' })
      const { code, signal } = await hand.exited
      claim(code === 0, `replica ${hand.id} ends by itself with 0 (${signal ?? code})`)
      return `replica ${hand.id} closed in ${ms(tookMs)}; its process ended by itself with 0`
    })
    for (const line of await Promise.all(ended)) this.#say(line)
    console.log(`\nEvery claim held, in ${((monotonicMs() - this.#start) / 1000).toFixed(1)} s.`)
  }

  #hire(): Promise<Hand> {
    return Hand.start(this.#dir, (hand) => this.#crew.push(hand))
  }

  async #restart(victim: Hand): Promise<void> {
    const { signal } = await victim.exited
    claim(signal === 'SIGKILL', 'the victim was killed')
    this.#crew = this.#crew.filter((hand) => hand !== victim)
    const startedAt = monotonicMs()
    const hand = await this.#hire()
    claim(hand.id === victim.id, 'the free slot is the one of the dead')
    this.#crew.sort((one, other) => one.id - other.id)
    await this.#atOneZxid()
    const tookMs = monotonicMs() - startedAt
    this.#say(
      `replica ${hand.id} is back as pid ${hand.pid}, caught up ${ms(tookMs)} after its start`,
    )
  }

  /** Nobody writes, so all come to the same zxid. */
  async #atOneZxid(): Promise<StatusAnswer[]> {
    for (;;) {
      const statuses = await Promise.all(this.#crew.map((hand) => hand.ask({ kind: 'status' })))
      if (new Set(statuses.map(({ lastZxid }) => lastZxid)).size === 1) return statuses
      await delay(1)
    }
  }

  /** Whom all the living agree on, once they do. */
  async #leader(except?: Hand): Promise<Hand> {
    const living = this.#crew.filter((hand) => hand !== except)
    for (;;) {
      const statuses = await Promise.all(living.map((hand) => hand.ask({ kind: 'status' })))
      const ids = new Set(statuses.map(({ leader }) => leader))
      const leader = living.find(({ id }) => ids.has(id))
      if (ids.size === 1 && leader !== undefined) return leader
      await delay(1)
    }
  }

  #living(): Hand[] {
    return this.#crew.filter((hand) => !hand.isDead)
  }

  #other(hand: Hand): Hand {
    const other = this.#crew.find((each) => each !== hand)
    claim(other !== undefined, 'there is another replica')
    return other
  }

  #begin(chapter: string): void {
    this.chapter = chapter
    this.#chapters += 1
    console.log(`\n${this.#clock()}  ${this.#chapters}. ${chapter}`)
  }

  #say(line: string): void {
    console.log(`${this.#clock()}     ${line}`)
  }

  #clock(): string {
    return `${((monotonicMs() - this.#start) / 1000).toFixed(2).padStart(6)} s`
  }
}

function ms(duration: number): string {
  return `${duration.toFixed(1)} ms`
}

function claim(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Error(`it does not hold that ${what}`)
}
