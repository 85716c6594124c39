/** Directories, waiting and child processes for the tests with real processes, sockets and files. */
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { ExecutionContext } from 'ava'

/** What registers a piece of cleaning up: a test, or a program that runs the same without AVA. */
export type Scope = Pick<ExecutionContext, 'teardown'>

/** A directory of the test's own, removed when it ends. */
export function temporaryDirectory(scope: Scope): string {
  const directory = mkdtempSync(join(tmpdir(), 'vivarium-system-'))
  scope.teardown(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms)
  })
}

/** Asks again until the answer is yes; fails, saying what was awaited, after `timeoutMs`. */
export async function eventually(
  what: string,
  isTrue: () => boolean | Promise<boolean>,
  timeoutMs = 15_000,
): Promise<void> {
  const end = performance.now() + timeoutMs
  while (!(await isTrue())) {
    if (performance.now() > end) throw new Error(`not within ${timeoutMs} ms: ${what}`)
    await pause(20)
  }
}

/** The code of whatever a promise rejects with, or why there is none. */
export async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise
    return 'RESOLVED'
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    return typeof code === 'string' ? code : String(error)
  }
}

/** A compiled file beside this one. */
export function programPath(name: string): string {
  return fileURLToPath(new URL(name, import.meta.url))
}

/** The root of the repository, seen from the compiled tests. */
export function rootPath(name = ''): string {
  return fileURLToPath(new URL(`../../../${name}`, import.meta.url))
}

export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

export interface StartOptions {
  readonly execArgv?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
}

/** A program that runs to its own end. What it says on standard output are lines of JSON. */
export class Child {
  readonly process: ChildProcess
  readonly ended: Promise<Ended>
  #stdout = ''
  #stderr = ''
  #isEnded = false

  /** `node <path> <args>`; killed when the test ends. */
  static start(
    scope: Scope,
    path: string,
    args: readonly string[],
    options: StartOptions = {},
  ): Child {
    const child = new Child(path, args, options)
    scope.teardown(() => child.kill())
    return child
  }

  private constructor(path: string, args: readonly string[], options: StartOptions) {
    const { execArgv = [], env = {}, cwd } = options
    this.process = spawn(process.execPath, [...execArgv, path, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...env },
      ...(cwd === undefined ? {} : { cwd }),
    })
    this.process.stdout?.on('data', (chunk: Buffer) => (this.#stdout += chunk.toString()))
    this.process.stderr?.on('data', (chunk: Buffer) => (this.#stderr += chunk.toString()))
    this.ended = new Promise((resolve) => {
      this.process.once('close', (code, signal) => {
        this.#isEnded = true
        resolve({ code, signal, stdout: this.#stdout, stderr: this.#stderr })
      })
    })
  }

  get lines(): readonly string[] {
    return this.#stdout.split('\n').slice(0, -1)
  }

  get stderr(): string {
    return this.#stderr
  }

  get isEnded(): boolean {
    return this.#isEnded
  }

  /** Resolves once it has said that line. */
  async said(line: string, timeoutMs = 15_000): Promise<void> {
    await eventually(
      `a child says ${line}; it said ${this.#stdout} ${this.#stderr}`,
      () => {
        if (this.lines.includes(line)) return true
        if (this.#isEnded)
          throw new Error(`it ended before ${line}: ${this.#stdout}${this.#stderr}`)
        return false
      },
      timeoutMs,
    )
  }

  /** Its end, which must come by itself within that time. */
  async end(timeoutMs = 15_000): Promise<Ended> {
    const pid = this.process.pid ?? 0
    await eventually(
      `process ${pid} ends by itself; it said ${this.#stdout}${this.#stderr}`,
      () => this.#isEnded,
      timeoutMs,
    )
    return this.ended
  }

  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    this.process.kill(signal)
    await this.ended
  }
}
