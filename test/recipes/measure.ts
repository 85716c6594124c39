/**
 * Locks between real processes on this machine: how fast the next one has it when a holder is killed, how many wake,
 * what is left behind, what a blocked thread reads.
 *
 *   node dist/test/recipes/measure.js [--kills 50] [--waiters 100] [--cycles 10000]
 */
import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import type { Answer, Task } from './measure-process.js'

const PROGRAM = fileURLToPath(new URL('measure-process.js', import.meta.url))
const SIZE = 3
const BLOCK_TIMEOUT_MS = 1000

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '50' },
    waiters: { type: 'string', default: '100' },
    cycles: { type: 'string', default: '10000' },
  },
})

class Member {
  readonly child: ChildProcess
  readonly #answers: Answer[] = []
  #waiting: { readonly kind: string; readonly resolve: (answer: Answer) => void } | undefined

  constructor(dir: string, timeoutMs = 10_000) {
    this.child = fork(PROGRAM, [dir, String(SIZE), String(timeoutMs)])
    this.child.on('message', (answer: Answer) => {
      if (this.#waiting?.kind === answer.kind) {
        const { resolve } = this.#waiting
        this.#waiting = undefined
        resolve(answer)
      } else {
        this.#answers.push(answer)
      }
    })
  }

  next(kind: string): Promise<Answer> {
    const index = this.#answers.findIndex((answer) => answer.kind === kind)
    const [found] = index < 0 ? [] : this.#answers.splice(index, 1)
    if (found !== undefined) return Promise.resolve(found)
    return new Promise((resolve) => {
      this.#waiting = { kind, resolve }
    })
  }

  ask(task: Task): Promise<Answer> {
    const answer = this.next(task.kind)
    this.child.send(task)
    return answer
  }

  forget(kind: string): void {
    for (;;) {
      const index = this.#answers.findIndex((answer) => answer.kind === kind)
      if (index < 0) return
      this.#answers.splice(index, 1)
    }
  }

  async kill(): Promise<void> {
    const { child } = this
    if (child.exitCode !== null || child.signalCode !== null) return
    const ended = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGKILL')
    await ended
  }
}

const dir = mkdtempSync(join(tmpdir(), 'vivarium-measure-'))
const members = new Set<Member>()
try {
  await measure()
} finally {
  for (const member of members) await member.kill()
  rmSync(dir, { recursive: true })
}

async function measure(): Promise<void> {
  const started = [start(), start(), start()]
  await Promise.all(started.map((member) => member.next('joined')))
  const [one] = started
  if (one === undefined) return
  const cycle = await one.ask({ kind: 'cycle', path: '/cycle', times: Number(values.cycles) })
  say(
    `${values.cycles} cycles of acquire, ${String(cycle['aborted'])} of them given up: watches before ${String(cycle['before'])}, after ${String(cycle['after'])}; znodes left ${String(cycle['children'])}`,
  )
  const chain = await one.ask({ kind: 'chain', path: '/chain', waiters: Number(values.waiters) })
  say(
    `${String(chain['releases'])} releases with ${values.waiters} waiters woke ${String(chain['woken'])}`,
  )
  await killHolders('a follower', (role) => role !== 'leading', Number(values.kills))
  await killHolders('the leader', (role) => role === 'leading', Math.ceil(Number(values.kills) / 5))
  await killOne()
  const blocked = start(BLOCK_TIMEOUT_MS)
  await blocked.next('joined')
  const block = await blocked.ask({ kind: 'block', path: '/block', ms: 3 * BLOCK_TIMEOUT_MS })
  say(
    `a thread blocked for ${3 * BLOCK_TIMEOUT_MS} ms, session timeout ${BLOCK_TIMEOUT_MS} ms: held before ${String(block['heldBefore'])}, at the first instruction after ${String(block['held'])}, callbacks run by then ${String(block['toldBefore'])}`,
  )
}

/** Of all that wait, exactly one must win, and nobody before the holder is dead. */
async function killHolders(
  who: string,
  isWanted: (role: unknown) => boolean,
  kills: number,
): Promise<void> {
  const gapsMs: number[] = []
  /** Of these, what was left when the operating system had told this process, its parent, that the process is gone. */
  const restsMs: number[] = []
  for (let round = 0; gapsMs.length < kills; round += 1) {
    const path = `/kill/${who.split(' ').at(-1)}/${round}`
    const all = [...members]
    let holder: Member | undefined
    for (const member of all) {
      const { role } = await member.ask({ kind: 'stop' })
      if (isWanted(role)) holder = member
    }
    if (holder === undefined) throw new Error(`nobody is ${who}`)
    const others = all.filter((member) => member !== holder)
    await holder.ask({ kind: 'hold', path })
    for (const other of others) other.forget('won')
    const sessions = Math.ceil(Number(values.waiters) / others.length)
    await Promise.all(others.map((other) => other.ask({ kind: 'wait', path, sessions })))
    const won = Promise.race(others.map((other) => other.next('won')))
    members.delete(holder)
    const at = process.hrtime.bigint()
    await holder.kill()
    const gone = process.hrtime.bigint()
    const { ns } = await won
    gapsMs.push(Number(BigInt(ns) - at) / 1e6)
    restsMs.push(Number(BigInt(ns) - gone) / 1e6)
    await start().next('joined')
  }
  say(
    `a holder in ${who} killed ${kills} times, ${values.waiters} waiters: the next one held it after ${parts(gapsMs)}; since its parent heard that it is gone: ${parts(restsMs)}`,
  )
}

function parts(ms: readonly number[]): string {
  const sorted = ms.toSorted((left, right) => left - right)
  const part = (share: number): string =>
    (sorted[Math.ceil(sorted.length * share) - 1] ?? NaN).toFixed(1)
  return `p50 ${part(0.5)} ms, p99 ${part(0.99)} ms`
}

/** Makes room for another. */
async function killOne(): Promise<void> {
  const [one] = members
  if (one === undefined) return
  members.delete(one)
  await one.kill()
}

function start(timeoutMs?: number): Member {
  const member = new Member(dir, timeoutMs)
  members.add(member)
  return member
}

function say(line: string): void {
  console.log(line)
}
