/**
 * A TCP proxy before a server, so that a test can cut a client off, hold it, and let it come back, while neither client
 * nor server is touched.
 */
import { createConnection, createServer } from 'node:net'
import type { Server, Socket } from 'node:net'

export class Proxy {
  readonly #target: number
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  #isOpen = true
  #port = 0

  private constructor(target: number) {
    this.#target = target
    this.#server = createServer((socket) => this.#onConnection(socket))
  }

  static async start(target: number): Promise<Proxy> {
    const proxy = new Proxy(target)
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve))
    const address = proxy.#server.address()
    if (typeof address === 'object' && address !== null) proxy.#port = address.port
    return proxy
  }

  get port(): number {
    return this.#port
  }

  /** Ends every connection and lets none through until `open`. */
  cut(): void {
    this.#isOpen = false
    for (const socket of this.#sockets) socket.destroy()
  }

  open(): void {
    this.#isOpen = true
  }

  async stop(): Promise<void> {
    this.cut()
    await new Promise<void>((resolve) => this.#server.close(() => resolve()))
  }

  #onConnection(client: Socket): void {
    if (!this.#isOpen) {
      client.destroy()
      return
    }
    const server = createConnection({ port: this.#target, host: '127.0.0.1', noDelay: true })
    client.setNoDelay(true)
    this.#join(client, server)
    this.#join(server, client)
  }

  #join(from: Socket, to: Socket): void {
    this.#sockets.add(from)
    from.pipe(to)
    from.on('error', () => to.destroy())
    from.on('close', () => {
      this.#sockets.delete(from)
      to.destroy()
    })
  }
}
