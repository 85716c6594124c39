/** The primary's hold on its workers: start, ask, kill, and see how they end. */
import cluster from 'node:cluster'
import type { Worker } from 'node:cluster'
import { monotonicMs } from './command.js'
import type { Answer, Answers, Command, Reply, StatusAnswer } from './command.js'

interface Waiting {
  readonly resolve: (answer: Answers[keyof Answers]) => void
  readonly reject: (error: Error) => void
}

export interface Exit {
  readonly code: number | null
  readonly signal: string | null
}

/** One worker process; `id` is the slot that its replica took. */
export class Hand {
  readonly #worker: Worker
  readonly #waiting = new Map<number, Waiting>()
  readonly exited: Promise<Exit>
  #asked = 0
  #id = 0

  private constructor(worker: Worker) {
    this.#worker = worker
    worker.on('message', (reply: Reply) => this.#onReply(reply))
    this.exited = new Promise((resolve) => {
      worker.once('exit', (code, signal) => {
        const error = new Error(`replica ${this.#id} ended: ${signal ?? `exit code ${code}`}`)
        for (const { reject } of this.#waiting.values()) reject(error)
        resolve({ code, signal })
      })
    })
  }

  /** Resolves when its replica has joined; `begun` gets to know of the process before. */
  static async start(dir: string, begun: (hand: Hand) => void): Promise<Hand> {
    const hand = new Hand(cluster.fork({ STORY_DIR: dir }))
    begun(hand)
    const status = (await hand.#answerTo(0)) as StatusAnswer
    hand.#id = status.id
    return hand
  }

  get id(): number {
    return this.#id
  }

  get pid(): number {
    return this.#worker.process.pid ?? 0
  }

  get isDead(): boolean {
    return this.#worker.isDead()
  }

  ask<C extends Command>(command: C): Promise<Answer<C['kind']>> {
    if (!this.#worker.isConnected()) return Promise.reject(new Error(`replica ${this.#id} is gone`))
    this.#asked += 1
    const answer = this.#answerTo(this.#asked)
    this.#worker.send({ number: this.#asked, command })
    return answer as Promise<Answer<C['kind']>>
  }

  /** @returns When, in ms of the machine's monotonic clock. */
  kill(): number {
    const at = monotonicMs()
    process.kill(this.pid, 'SIGKILL')
    return at
  }

  #answerTo(number: number): Promise<Answers[keyof Answers]> {
    return new Promise((resolve, reject) => this.#waiting.set(number, { resolve, reject }))
  }

  #onReply(reply: Reply): void {
    const waiting = this.#waiting.get(reply.number)
    this.#waiting.delete(reply.number)
    if ('error' in reply) waiting?.reject(new Error(`replica ${this.#id}: ${reply.error}`))
    else waiting?.resolve(reply.answer)
  }
}
