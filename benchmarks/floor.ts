/**
 * What no durable write to another process can be faster than: one append of 4 KiB with its fdatasync, plus one
 * round trip over a Unix socket. Nothing of the library is in it.
 */
import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { closeSync, fdatasyncSync, openSync, writeSync } from 'node:fs'
import { createConnection, createServer } from 'node:net'
import type { Socket } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { median } from './report.js'

const APPEND_BYTES = 4096
const MESSAGE_BYTES = 128
const ECHO = 'echo'

export class Floor {
  readonly #child: ChildProcess
  readonly #socket: Socket
  readonly #file: number

  private constructor(child: ChildProcess, socket: Socket, file: number) {
    this.#child = child
    this.#socket = socket
    this.#file = file
  }

  static async open(dir: string): Promise<Floor> {
    const path = join(dir, 'echo.sock')
    const child = fork(fileURLToPath(import.meta.url), [ECHO, path])
    await new Promise((resolve) => child.once('message', resolve))
    const socket = createConnection(path)
    await new Promise((resolve) => socket.once('connect', resolve))
    return new Floor(child, socket, openSync(join(dir, 'floor'), 'a'))
  }

  /** @returns Median ms of one append, fdatasync and round trip, one after the other. */
  async measure(durationMs: number): Promise<number> {
    const block = Buffer.alloc(APPEND_BYTES, 'x')
    const message = Buffer.alloc(MESSAGE_BYTES, 'x')
    const times: number[] = []
    const end = performance.now() + durationMs
    while (performance.now() < end) {
      const start = performance.now()
      await this.#roundTrip(message)
      writeSync(this.#file, block)
      fdatasyncSync(this.#file)
      times.push(performance.now() - start)
    }
    return median(times)
  }

  async close(): Promise<void> {
    this.#socket.destroy()
    closeSync(this.#file)
    const exited = new Promise((resolve) => this.#child.once('exit', resolve))
    this.#child.disconnect()
    await exited
  }

  #roundTrip(message: Buffer): Promise<void> {
    return new Promise((resolve) => {
      let received = 0
      const onData = (chunk: Buffer): void => {
        received += chunk.length
        if (received < message.length) return
        this.#socket.off('data', onData)
        resolve()
      }
      this.#socket.on('data', onData)
      this.#socket.write(message)
    })
  }
}

/** The other end, in a process of its own. */
function echo(path: string): void {
  const server = createServer((socket) => {
    socket.on('error', () => undefined)
    socket.pipe(socket)
  })
  server.listen(path, () => process.send?.('listening'))
  process.on('disconnect', () => server.close())
}

const [, , role, path] = process.argv
if (process.send !== undefined && role === ECHO && path !== undefined) echo(path)
