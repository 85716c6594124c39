/**
 * Scripts: what several clients do, one step after the other, as plain data, so that the same can be done to any
 * server, printed, and cut down. What is done is said; what must come of it is not.
 */
import type { Ask, WatchLists } from './ask.js'

/** Number of a client, from 0. Client 0 is ZooKeeper's super user and is there from the start. */
export type Client = number

export type Step =
  /** A new session; nothing if the client has a connection. */
  | { readonly kind: 'open'; readonly client: Client }
  /** Sent at once, each answered before the next step. */
  | { readonly kind: 'send'; readonly client: Client; readonly asks: readonly Ask[] }
  /** Asks about a child that exists: the `nth` of `parent`, in the order of their names; its path is put into the ask. */
  | {
      readonly kind: 'child'
      readonly client: Client
      readonly parent: string
      readonly nth: number
      readonly ask: Ask
    }
  /** Deletes everything below `path`, as far as the client may. */
  | { readonly kind: 'clear'; readonly client: Client; readonly path: string }
  /** Closes the session, and the connection with it. */
  | { readonly kind: 'close'; readonly client: Client }
  /** Ends the connection without a word. */
  | { readonly kind: 'drop'; readonly client: Client }
  /** Takes the session up on another connection; the one it had, if any, is the server's to end. */
  | {
      readonly kind: 'attach'
      readonly client: Client
      /** With another password than the session's: the server must not know the session. */
      readonly wrong?: boolean
      /** What it says that it watches, and what it has seen: all, or nothing. */
      readonly watches?: WatchLists & { readonly seen: 'all' | 'nothing'; readonly two: boolean }
    }
  /** Everything that the super user sees, from the root on. */
  | { readonly kind: 'dump' }

/** One line of text per step. */
export function formatStep(step: Step): string {
  return JSON.stringify(step)
}
