/**
 * A linearizability checker: given what operations were asked and answered when, is there one order of all of them,
 * each between its question and its answer, in which every answer is right? The search of Wing and Gong with Lowe's
 * memory of what has been tried, as porcupine has it. It knows nothing of ZooKeeper, and of zxids even less; what an
 * operation does is the specification's business. Objects that share no operation are checked one by one
 * (P-compositionality): that is up to the caller.
 */

/** One operation. Times only order events, and no two events of a history have the same. */
export interface Operation<I> {
  readonly input: I
  readonly askedAt: number
  /** `Infinity`: nobody knows whether it took effect, and if, when. */
  readonly answeredAt: number
  /** When it may have taken effect. A guess: it is tried first, and never believed. */
  readonly guessedAt?: number
}

/** A sequential object. */
export interface Specification<S, I> {
  readonly initial: S
  /** The state after the operation; `undefined` if the answer is impossible in this state. */
  step(state: S, input: I): S | undefined
  /** With this answer it changes nothing, in whatever state. */
  isReadOnly(input: I): boolean
  /** Equal for equal states only. */
  keyOf(state: S): string
}

/** `unknown`: the search was given up. Never to be taken for a pass. */
export type Verdict = 'linearizable' | 'illegal' | 'unknown'

export interface Finding {
  readonly verdict: Verdict
  /** Operations of the longest legal beginning that was found: of an illegal history, what to look at. */
  readonly longest: number
  /** The guesses were right: nobody had to search. */
  readonly isGuessed: boolean
}

/** An event in a doubly linked list, of which linearized operations are taken out and put back again. */
interface Event<I> {
  /** Of the operation, in the order of asking. */
  readonly index: number
  readonly input: I
  /** The answer to this question; `undefined` for an answer, and for a question that has none. */
  readonly answer: Event<I> | undefined
  readonly isQuestion: boolean
  previous: Event<I> | undefined
  next: Event<I> | undefined
}

interface Choice<S, I> {
  readonly event: Event<I>
  readonly before: S
  /** It only reads: whatever else comes next may as well come after it, so there is nothing else to try. */
  readonly isForced: boolean
}

/** @param stepsMax  Steps of the specification after which the search is given up. */
export function linearize<S, I>(
  specification: Specification<S, I>,
  operations: readonly Operation<I>[],
  stepsMax: number,
): Finding {
  if (isAsGuessed(specification, operations))
    return { verdict: 'linearizable', longest: operations.length, isGuessed: true }
  const search = new Search(specification, operations, stepsMax)
  const verdict = search.run()
  return { verdict, longest: search.longest, isGuessed: false }
}

/** The order that was guessed is one: then nobody has to search. */
function isAsGuessed<S, I>(
  specification: Specification<S, I>,
  operations: readonly Operation<I>[],
): boolean {
  const sorted = operations.toSorted((left, right) => guessOf(left) - guessOf(right))
  let state = specification.initial
  for (const { input, askedAt, answeredAt, guessedAt } of sorted) {
    if (guessedAt === undefined || guessedAt < askedAt || guessedAt > answeredAt) return false
    const after = specification.step(state, input)
    if (after === undefined) return false
    state = after
  }
  return true
}

function guessOf<I>({ guessedAt, askedAt }: Operation<I>): number {
  return guessedAt ?? askedAt
}

class Search<S, I> {
  longest = 0
  #steps = 0
  readonly #specification: Specification<S, I>
  readonly #stepsMax: number
  readonly #head: Event<I>
  readonly #isChosen: boolean[]
  /** How many of the operations before this one have an answer. */
  readonly #answeredBefore: number[] = []
  /** Operations without an answer. */
  readonly #open: number[] = []
  /** What has been chosen, and the state by then, from where there is no way to the end. */
  readonly #failed = new Set<string>()
  readonly #chosen: Choice<S, I>[] = []
  #state: S
  /** Operations with an answer, and how many of them are chosen. */
  readonly #answered: number
  #done = 0
  /** Every operation with an answer below this one is chosen. */
  #floor = 0

  constructor(
    specification: Specification<S, I>,
    operations: readonly Operation<I>[],
    stepsMax: number,
  ) {
    this.#specification = specification
    this.#stepsMax = stepsMax
    this.#state = specification.initial
    const sorted = operations.toSorted((left, right) => left.askedAt - right.askedAt)
    this.#isChosen = sorted.map(() => false)
    let answered = 0
    sorted.forEach(({ answeredAt }, index) => {
      this.#answeredBefore.push(answered)
      if (answeredAt === Infinity) this.#open.push(index)
      else answered += 1
    })
    this.#answeredBefore.push(answered)
    this.#answered = answered
    this.#head = listOf(sorted)
  }

  run(): Verdict {
    let event = this.#head.next
    for (;;) {
      if (this.#done === this.#answered) return 'linearizable'
      if (this.#steps > this.#stepsMax) return 'unknown'
      // At an answer: that operation had to come before, so what was chosen last was wrong.
      const isStuck = event === undefined || !event.isQuestion
      if (event !== undefined && !isStuck) {
        event = this.#choose(event) ? this.#head.next : event.next
        continue
      }
      const last = this.#undo()
      if (last === undefined) return 'illegal'
      event = last.next
    }
  }

  #choose(event: Event<I>): boolean {
    this.#steps += 1
    const before = this.#state
    const after = this.#specification.step(before, event.input)
    if (after === undefined) return false
    this.#mark(event, true)
    if (this.#failed.size > 0 && this.#failed.has(this.#keyOf(after))) {
      this.#mark(event, false)
      return false
    }
    const isForced = event.answer !== undefined && this.#specification.isReadOnly(event.input)
    this.#chosen.push({ event, before, isForced })
    this.#state = after
    this.longest = Math.max(this.longest, this.#chosen.length)
    takeOut(event)
    if (event.answer !== undefined) takeOut(event.answer)
    return true
  }

  /** The newest choice that had an alternative, or nothing if none had. Where it led to nobody goes again. */
  #undo(): Event<I> | undefined {
    for (;;) {
      const last = this.#chosen.pop()
      if (last === undefined) return undefined
      const { event, before, isForced } = last
      this.#failed.add(this.#keyOf(this.#state))
      if (event.answer !== undefined) putBack(event.answer)
      putBack(event)
      this.#mark(event, false)
      this.#state = before
      if (!isForced) return event
    }
  }

  #mark({ index, answer }: Event<I>, isChosen: boolean): void {
    this.#isChosen[index] = isChosen
    if (answer !== undefined) this.#done += isChosen ? 1 : -1
    if (!isChosen) this.#floor = Math.min(this.#floor, index)
  }

  /** What is chosen, and the state: exact, and short where little is concurrent. */
  #keyOf(state: S): string {
    const isChosen = this.#isChosen
    const before = this.#answeredBefore
    const isOpen = (index: number): boolean => before[index] === before[index + 1]
    while (this.#floor < isChosen.length && (isChosen[this.#floor] || isOpen(this.#floor)))
      this.#floor += 1
    let key = `${this.#floor}`
    let rest = this.#done - (before[this.#floor] ?? 0)
    for (let index = this.#floor + 1; rest > 0; index += 1) {
      if (!isChosen[index] || isOpen(index)) continue
      rest -= 1
      key += `,${index}`
    }
    for (const index of this.#open) if (isChosen[index]) key += `+${index}`
    return `${key} ${this.#specification.keyOf(state)}`
  }
}

function listOf<I>(sorted: readonly Operation<I>[]): Event<I> {
  const timed: { readonly at: number; readonly event: Event<I> }[] = []
  sorted.forEach(({ input, askedAt, answeredAt }, index) => {
    const make = (answer: Event<I> | undefined, isQuestion: boolean): Event<I> => {
      return { index, input, answer, isQuestion, previous: undefined, next: undefined }
    }
    const answer = answeredAt === Infinity ? undefined : make(undefined, false)
    if (answer !== undefined) timed.push({ at: answeredAt, event: answer })
    timed.push({ at: askedAt, event: make(answer, true) })
  })
  timed.sort((left, right) => left.at - right.at)
  const head: Event<I> = {
    index: -1,
    input: undefined as never,
    answer: undefined,
    isQuestion: false,
    previous: undefined,
    next: undefined,
  }
  let last = head
  for (const { event } of timed) {
    event.previous = last
    last.next = event
    last = event
  }
  return head
}

function takeOut<I>({ previous, next }: Event<I>): void {
  if (previous !== undefined) previous.next = next
  if (next !== undefined) next.previous = previous
}

function putBack<I>(event: Event<I>): void {
  if (event.previous !== undefined) event.previous.next = event
  if (event.next !== undefined) event.next.previous = event
}
