/** A program of this repository in a process of its own: its lines as they come, and its end. */
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { createInterface } from 'node:readline'

export interface End {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

export class Program {
  readonly ended: Promise<End>
  readonly #child: ChildProcess
  readonly #lines: string[] = []
  readonly #waiting = new Set<() => void>()

  constructor(entry: string, args: readonly string[], cwd: string) {
    this.#child = spawn(process.execPath, [entry, ...args], { cwd })
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      if (stream === null) continue
      createInterface({ input: stream }).on('line', (line) => {
        this.#lines.push(line)
        for (const check of this.#waiting) check()
      })
    }
    this.ended = new Promise((resolve) => {
      this.#child.once('close', (code, signal) => {
        resolve({ code, signal })
        for (const check of this.#waiting) check()
      })
    })
  }

  get output(): string {
    return this.#lines.join('\n')
  }

  get isOver(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null
  }

  type(line: string): void {
    this.#child.stdin?.write(`${line}\n`)
  }

  kill(signal: NodeJS.Signals): void {
    if (!this.isOver) this.#child.kill(signal)
  }

  /** The first line that matches, once there is one. Rejects when the program ends without. */
  line(pattern: RegExp): Promise<string> {
    return new Promise((resolve, reject) => {
      const check = (): void => {
        const found = this.#lines.find((line) => pattern.test(line))
        if (found === undefined && !this.isOver) return
        this.#waiting.delete(check)
        if (found !== undefined) resolve(found)
        else reject(new Error(`ended without ${String(pattern)}:\n${this.output}`))
      }
      this.#waiting.add(check)
      check()
    })
  }
}
