/**
 * The states that members can be in, by number, and what each input makes of each. A state that is met again is not
 * computed again: of millions of states of an ensemble few thousand steps of a member are ever carried out.
 *
 * Members cannot be copied, so a state is reached by giving a new member the inputs that first led to it.
 */
import type { Random } from '../../lib/base/random.js'
import type { Facts, Image, Machine, MachineInput, MachineKind, Output } from './machine.js'
import { Memo, Table } from './table.js'

export interface Step {
  readonly next: number
  readonly outputs: readonly Output[]
  /** What an assertion said: then there is no next state. */
  readonly error: string | undefined
}

interface MemberState {
  readonly id: number
  readonly facts: Facts
  /** How it was first reached: from another one, or from a disk. */
  readonly from: { readonly state: number; readonly input: number } | { readonly image: Image }
  /** A member that is in this state; gone once it is given another input. */
  live: Machine | undefined
}

/** Members that are kept ready for their next input. */
const LIVE_MAX = 20_000

export class States {
  readonly #kind: MachineKind
  readonly #states = new Table<MemberState>()
  readonly #inputs = new Table<MachineInput>()
  readonly #steps = new Memo<Step>()
  readonly #starts = new Map<string, Step>()
  readonly marks: Map<string, number> = new Map()
  #live: MemberState[] = []

  constructor(kind: MachineKind) {
    this.#kind = kind
    // 0 is a member that is down: never looked at.
    this.#states.put('down', () => ({}) as MemberState)
  }

  get size(): number {
    return this.#states.size
  }

  facts(state: number): Facts {
    return this.#states.at(state).facts
  }

  input(input: MachineInput): number {
    return this.#inputs.putData(input)
  }

  inputAt(number: number): MachineInput {
    return this.#inputs.at(number)
  }

  start(id: number, image: Image, imageNumber: number): Step {
    const key = `${id} ${imageNumber}`
    const known = this.#starts.get(key)
    if (known !== undefined) return known
    const step = this.#carryOut(id, { image }, () => this.#kind.open(id, image))
    this.#starts.set(key, step)
    return step
  }

  step(state: number, input: number): Step {
    return this.#steps.get(state, input, () => {
      const machine = this.#reach(state)
      const { id } = this.#states.at(state)
      return this.#carryOut(id, { state, input }, () => {
        const before = new Map(machine.counters())
        const outputs = machine.step(this.#inputs.at(input))
        this.#mark(before, machine)
        return { machine, outputs }
      })
    })
  }

  /**
   * Walks at random over what is remembered and does the same with a real member: states that count as one must go on
   * as one.
   *
   * @returns How many steps were compared.
   * @throws If a member comes to another state than what is remembered.
   */
  compare(random: Random, walks: number): number {
    const starts = [...this.#starts.values()].filter(({ error }) => error === undefined)
    let compared = 0
    for (let walk = 0; walk < walks; walk += 1) {
      let number = random.pick(starts).next
      const { id, from } = this.#states.at(number)
      if (!('image' in from)) continue
      const { machine } = this.#kind.open(id, from.image)
      for (;;) {
        const inputs = this.#steps.columns(number)
        if (inputs.length === 0) break
        const input = random.pick(inputs)
        const { next, error } = this.step(number, input)
        if (error !== undefined) break
        machine.step(this.#inputs.at(input))
        compared += 1
        number = next
        if (this.#states.put(machine.canonical(), () => this.#states.at(next)) !== next)
          throw new Error('a member is in another state than what is remembered')
        if (compared % 100 === 0) break
      }
    }
    return compared
  }

  #carryOut(
    id: number,
    from: MemberState['from'],
    act: () => { readonly machine: Machine; readonly outputs: readonly Output[] },
  ): Step {
    try {
      const { machine, outputs } = act()
      const next = this.#states.put(machine.canonical(), () => {
        const state = { id, facts: machine.facts(), from, live: machine }
        this.#keep(state)
        return state
      })
      return { next, outputs, error: undefined }
    } catch (error) {
      if (!(error instanceof Error)) throw error
      return { next: 0, outputs: [], error: `${error.name}: ${error.message}` }
    }
  }

  #keep(state: MemberState): void {
    this.#live.push(state)
    if (this.#live.length < LIVE_MAX) return
    for (const old of this.#live.splice(0, LIVE_MAX / 2)) old.live = undefined
  }

  #reach(number: number): Machine {
    const state = this.#states.at(number)
    if (state.live !== undefined) {
      const machine = state.live
      state.live = undefined
      return machine
    }
    const inputs: number[] = []
    let { from } = state
    while ('state' in from) {
      inputs.push(from.input)
      from = this.#states.at(from.state).from
    }
    const { machine } = this.#kind.open(state.id, from.image)
    for (const input of inputs.reverse()) machine.step(this.#inputs.at(input))
    return machine
  }

  #mark(before: ReadonlyMap<string, number>, machine: Machine): void {
    for (const [counter, count] of machine.counters()) {
      if (count > (before.get(counter) ?? 0))
        this.marks.set(counter, (this.marks.get(counter) ?? 0) + 1)
    }
  }
}
