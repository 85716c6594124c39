/**
 * One seeded run of a recipe: an ensemble in virtual time, a few sessions whose owners use the recipe again and again, and
 * faults: killed and paused processes, blocked threads, partitions, sessions that expire or are closed, whoever leads above all.
 * After each event the recipe's property is asked. Then everything is healed: the recipe must go on, and when its
 * users have stopped, no znode and no watch of it may be left.
 *
 * A recipe plugs in as a `Property`; everything about faults is faults.ts.
 */
import { Random } from '../../../lib/base/random.js'
import type { Session } from '../../../lib/index.js'
import { endOf } from '../../../lib/recipes/ends.js'
import { ensemble } from '../../../lib/testing/index.js'
import type { Ensemble } from '../../../lib/testing/index.js'
import { Faults } from './faults.js'

/** What a recipe must prove. */
export interface Property {
  readonly name: string
  start(trial: Trial): Subject
}

/** The recipe under trial. */
export interface Subject {
  /**
   * Uses the recipe for as long as `user.goesOn()`. What it throws after its session has ended is no news; what it throws
   * before is a violation.
   */
  use(user: User): Promise<void>
  /** Asked after every event: what is wrong, in words. Looks only. */
  violation(): string | undefined
  /** Once all is healed somebody must achieve something; unless told, every single user. */
  readonly isUnfair?: boolean
  /** Nobody uses it any more, and every process knows all: what is left that should not be. */
  leftover(session: Session): string | undefined
}

/** What a recipe's user needs to know of the world. */
export interface Trial {
  readonly seed: number
  readonly dice: Random
  readonly now: () => number
  /**
   * Whether that process's code could act on an event right now. One that is paused, blocked or has just woken cannot yet:
   * it can only be asked what it would read (`held`).
   */
  isAwake(process: number): boolean
  fail(message: string): void
}

/** One session, and who uses it. */
export class User {
  readonly process: number
  readonly session: Session
  readonly dice: Random
  /** How often it got what it wanted; the subject counts. */
  achieved = 0
  readonly #world: Ensemble
  readonly #isStopping: () => boolean

  constructor(
    world: Ensemble,
    process: number,
    session: Session,
    dice: Random,
    isStopping: () => boolean,
  ) {
    this.#world = world
    this.process = process
    this.session = session
    this.dice = dice
    this.#isStopping = isStopping
  }

  /** Also while it is being closed. */
  get isOver(): boolean {
    return !this.session.alive && endOf(this.session) !== undefined
  }

  /** Virtual ms. */
  get now(): number {
    return this.#world.now
  }

  goesOn(): boolean {
    return !this.isOver && !this.#isStopping()
  }

  /** Virtual ms; ends early when the session does. */
  async sleep(ms: number): Promise<void> {
    await this.#world.advance(ms)
    if (this.isOver) throw new SessionOver()
  }
}

/** The user's process or session is gone: it does nothing more. */
export class SessionOver extends Error {}

export interface Options {
  /** Virtual ms with faults. */
  readonly faultMs: number
  /** Virtual ms within which every user must get what it wants once all is healed. */
  readonly calmMs: number
}

const OPTIONS: Options = { faultMs: 12_000, calmMs: 30_000 }
const SESSION_TIMEOUT_MS = 1500
const TICK_MS = 25

export interface Report {
  readonly seed: number
  readonly violation: string | undefined
  readonly achieved: number
  readonly faults: Readonly<Record<string, number>>
}

/** Never rejects. */
export async function runProperty(
  property: Property,
  seed: number,
  options: Options = OPTIONS,
): Promise<Report> {
  const dice = new Random(seed)
  const world = await ensemble({
    seed,
    size: [3, 3, 3, 1, 5][dice.integer(5)],
    sessionTimeout: SESSION_TIMEOUT_MS,
    sameMachine: dice.integer(2) === 0,
  })
  const run = new Run(property, world, dice, options)
  let violation: string | undefined
  try {
    violation = await run.all()
  } catch (error) {
    violation =
      run.violation ?? `the run failed: ${error instanceof Error ? error.stack : String(error)}`
  }
  await world.close().catch((error: unknown) => {
    violation ??= String(error)
  })
  return { seed, violation, achieved: run.achieved, faults: run.faults.counts }
}

class Run implements Trial {
  readonly seed: number
  readonly dice: Random
  readonly faults: Faults
  violation: string | undefined
  readonly #world: Ensemble
  readonly #options: Options
  readonly #subject: Subject
  readonly #users = new Set<User>()
  readonly #acting = new Set<Promise<void>>()
  /** Achieved by users that are over. */
  #past = 0
  #isStopping = false
  #lives = 0

  constructor(property: Property, world: Ensemble, dice: Random, options: Options) {
    this.seed = world.seed
    this.dice = dice.fork('subject')
    this.#world = world
    this.#options = options
    this.faults = new Faults(world, dice.fork('faults'), () => this.#check())
    this.#subject = property.start(this)
  }

  get achieved(): number {
    let achieved = this.#past
    for (const user of this.#users) achieved += user.achieved
    return achieved
  }

  readonly now = (): number => this.#world.now

  isAwake(process: number): boolean {
    return this.faults.isAwake(process)
  }

  fail(message: string): void {
    this.violation ??= `${message} (seed ${this.seed}, at ${this.#world.now.toFixed(3)} ms)`
  }

  async all(): Promise<string | undefined> {
    void this.#tick()
    for (let id = 1; id <= this.#world.size; id += 1) this.#live(id)
    await this.faults.run(this.#options.faultMs, {
      sessions: () => [...this.#users].filter((user) => !user.isOver).map((user) => user.session),
      restarted: (id) => this.#live(id),
    })
    if (this.violation === undefined) await this.#goOn()
    if (this.violation === undefined) await this.#rest()
    return this.violation
  }

  /** Conditions of time are asked also while nothing happens, as when all are dead. Ends with the world. */
  async #tick(): Promise<void> {
    try {
      for (;;) await this.#world.advance(TICK_MS)
    } catch {
      // The world is closed, or has failed: whoever waits for it hears of that.
    }
  }

  /** Sessions of one process, for as long as it runs: after each that ends there is another. */
  #live(id: number): void {
    this.#lives += 1
    const dice = this.dice.fork(`life ${this.#lives}`)
    const living = this.#liveOn(id, dice).catch((error: unknown) => {
      if (this.#world.running.includes(id)) this.fail(`process ${id}: ${String(error)}`)
    })
    this.#acting.add(living)
    void living.then(() => this.#acting.delete(living))
  }

  async #liveOn(id: number, dice: Random): Promise<void> {
    const owning = await this.#world.join(id).catch(() => undefined)
    if (owning === undefined) return
    const second = owning.replica.openSession({ timeout: SESSION_TIMEOUT_MS })
    await Promise.all([
      this.#useAll(id, owning, dice.fork('first')),
      second.then(
        (session) => this.#useAll(id, session, dice.fork('second')),
        () => undefined,
      ),
    ])
  }

  async #useAll(id: number, first: Session, dice: Random): Promise<void> {
    for (let session = first; ;) {
      const user = new User(this.#world, id, session, dice, () => this.#isStopping)
      this.#users.add(user)
      try {
        await this.#subject.use(user)
      } catch (error) {
        // A refusal may be on its way to its user when the session ends.
        if (!user.isOver) this.fail(`a user was refused: ${String(error)}`)
      }
      if (this.#isStopping) return
      this.#past += user.achieved
      this.#users.delete(user)
      try {
        session = await session.replica.openSession({ timeout: SESSION_TIMEOUT_MS })
      } catch {
        return
      }
    }
  }

  /** True when there is one; a condition of time. */
  #check(): boolean {
    if (this.violation === undefined) {
      const violation = this.#subject.violation()
      if (violation !== undefined) this.fail(violation)
    }
    return this.violation !== undefined
  }

  /** Whatever happened, everybody gets what it wants again. */
  async #goOn(): Promise<void> {
    const until = this.#world.now + this.#options.calmMs
    await this.#world.until(() => {
      if (this.#check()) return true
      return this.#world.now >= until || this.#areAllConnected()
    })
    const before = new Map([...this.#users].map((user) => [user, user.achieved]))
    const hasNothing = (user: User): boolean => user.achieved <= (before.get(user) ?? 0)
    const late = (): User[] => {
      const users = [...this.#users].filter((user) => !user.isOver)
      return this.#subject.isUnfair !== true || users.every(hasNothing)
        ? users.filter(hasNothing)
        : []
    }
    const end = this.#world.now + this.#options.calmMs
    await this.#world.until(() => {
      return this.#check() || this.#world.now >= end || late().length === 0
    })
    const [first] = late()
    if (first === undefined) return
    const { process, session } = first
    this.fail(`progress: session ${session.id} of process ${process} got nothing any more`)
  }

  #areAllConnected(): boolean {
    const users = [...this.#users]
    return users.length >= this.#world.size && users.every(({ session }) => session.alive)
  }

  /** Everybody stops, and nothing is left. */
  async #rest(): Promise<void> {
    this.#isStopping = true
    const end = this.#world.now + this.#options.calmMs
    await this.#world.until(() => {
      return this.#check() || this.#world.now >= end || this.#acting.size === 0
    })
    if (this.violation !== undefined) return
    if (this.#acting.size > 0) return this.fail('rest: a user did not stop')
    const sessions = [...this.#users].filter((user) => !user.isOver).map(({ session }) => session)
    // What was given up while it was on its way is taken back once it has arrived.
    for (let round = 0; round < 4; round += 1) {
      // One that a fault had ended may hear of it only now.
      await Promise.allSettled(sessions.map((session) => session.sync()))
    }
    for (const session of sessions.filter(({ alive }) => alive)) {
      const { watches, id } = session.replica.status()
      if (watches > 0) return this.fail(`rest: ${watches} watches are left in process ${id}`)
      const leftover = this.#subject.leftover(session)
      if (leftover !== undefined) return this.fail(`rest: ${leftover}`)
    }
  }
}
