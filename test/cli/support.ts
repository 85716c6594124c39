/** The command as its users run it: processes of their own, in directories of their own. */
import { execFile } from 'node:child_process'
import { connect, createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { Child, eventually } from '../system/support.js'
import type { Scope } from '../system/support.js'

export const COMMAND: string = fileURLToPath(new URL('../../lib/cli/index.js', import.meta.url))

/** A guard against hanging, not a measure: the machine may be busy with other tests. */
const HANG_MS = 60_000

export interface Result {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** `vivarium <args>`, to its end. */
export function vivarium(
  args: readonly string[],
  input: string | Uint8Array = '',
): Promise<Result> {
  return new Promise((resolve) => {
    const options = { timeout: HANG_MS, encoding: 'utf8' } as const
    const child = execFile(
      process.execPath,
      [COMMAND, ...args],
      options,
      (error, stdout, stderr) => {
        const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1
        resolve({ code, stdout, stderr })
      },
    )
    // A command that reads nothing may have ended by then.
    child.stdin?.on('error', () => undefined)
    child.stdin?.end(input)
  })
}

/** What `--json` says: one value per line. */
export function jsonOf(text: string): unknown[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as unknown)
}

interface Serving {
  readonly id: number
  readonly host: string
  readonly port: number
  readonly size: number
  readonly startMs: number
}

/** `vivarium serve`, from its line on. */
export interface Server extends Serving {
  readonly child: Child
  /** For `--connect`. */
  readonly address: string
}

export function startServer(scope: Scope, args: readonly string[]): Child {
  return Child.start(scope, COMMAND, ['serve', '--json', ...args])
}

/** Waits for the line that says that it serves. */
export async function serving(child: Child): Promise<Server> {
  await eventually(
    'a server says that it serves',
    () => {
      if (child.isEnded) throw new Error(`it ended: ${child.stderr}`)
      return child.lines.length > 0
    },
    HANG_MS,
  )
  const said = JSON.parse(child.lines[0] ?? '') as Serving
  return { ...said, child, address: `${said.host}:${said.port}` }
}

export async function serve(scope: Scope, args: readonly string[]): Promise<Server> {
  return serving(startServer(scope, [...args, '--client-port', '0']))
}

/** Ports that nobody listens on at this moment. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'))
  await Promise.all(
    servers.map((server) => new Promise((resolve) => server.once('listening', resolve))),
  )
  const ports = servers.map((server) => (server.address() as AddressInfo).port)
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
  return ports
}

/** What a server answers to a four-letter word, all of it. */
export function ask(port: number, word: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(word))
    let answer = ''
    socket.on('data', (chunk) => (answer += chunk.toString()))
    socket.once('error', reject)
    socket.once('close', () => resolve(answer))
  })
}
