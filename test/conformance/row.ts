/** One row of the table: one rule of ZooKeeper's, how to bring it about, and what must come of it. */
import type { Client } from './client.js'

/** A place of its own for each row, and a session that is there already. */
export interface Scene {
  readonly client: Client
  /** An existing znode that no other row knows. */
  readonly base: string
  /** A further session, closed when the row is done. */
  readonly other: () => Promise<Client>
  /** Events that the client got, below `base`, in order, with the path relative to it; a sync lets them come. */
  readonly events: (client?: Client) => Promise<string[]>
  /** Waits until it holds; time is real here. */
  readonly until: (condition: () => Promise<boolean>) => Promise<void>
}

export interface Row {
  readonly rule: string
  readonly run: (scene: Scene) => Promise<unknown>
  readonly expect: unknown
  /** What the library does already before anything is sent, because the argument could never be right. */
  readonly inProcess?: unknown
}

/** The code that a promise rejects with; 'OK' if it does not. */
export async function code(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise
    return 'OK'
  } catch (error) {
    return error instanceof Error && 'code' in error ? error.code : error
  }
}
