/**
 * The part of node-ipc 12.0.0 that the transport uses. The package brings no types, and `@types/node-ipc`
 * describes another major version.
 */
declare module 'node-ipc' {
  import type { Server as NetServer, Socket } from 'node:net'

  export interface Config {
    rawBuffer: boolean
    silent: boolean
    unlink: boolean
    stopRetrying: boolean
    maxRetries: number
    maxConnections: number
    logger: (text: string) => void
  }

  export interface Client {
    readonly socket: Socket
    on(event: 'connect' | 'disconnect', listener: () => void): this
    on(event: 'error', listener: (error: Error) => void): this
  }

  export interface Server {
    /** Exists once `start()` has returned, if `config.unlink` is off. */
    readonly server: NetServer
    on(event: 'start', listener: () => void): this
    on(event: 'connect', listener: (socket: Socket) => void): this
    on(event: 'error', listener: (error: Error) => void): this
    start(): void
    stop(): void
  }

  export class IPCModule {
    readonly config: Config
    readonly of: Record<string, Client | undefined>
    readonly server: Server
    connectTo(id: string, path: string): void
    connectToNet(id: string, host: string, port: number): void
    disconnect(id: string): void
    serve(path: string): void
    serveNet(host: string, port: number): void
  }
}
