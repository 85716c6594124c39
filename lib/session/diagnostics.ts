/**
 * `vivarium:request` of `node:diagnostics_channel`: the requests that the sessions of this process make. While nobody
 * subscribes that costs one look per request and nothing else; the Sync reads are never told.
 *
 * A subscriber that throws is the application's affair: Node rethrows outside of what is going on here.
 */
import { tracingChannel } from 'node:diagnostics_channel'
import type { RequestBody, SessionId } from '../protocol/request.js'
import type { Zxid } from '../protocol/zxid.js'

const requests = tracingChannel<RequestContext, RequestContext>('vivarium:request')

/**
 * The context of `vivarium:request`: one object per request, the same in all of its events. They come in the order
 * `start`, `end` (the call returns), then, when the request is settled: `error` if it failed, `asyncStart`, `asyncEnd`.
 * An asynchronous read may be settled in the call itself; its events come in the same order.
 */
export interface RequestContext {
  /** The session's method: 'create', 'getData', 'multi' … */
  readonly operation: string
  /** `undefined` where there is none: 'multi', 'sync'. */
  readonly path: string | undefined
  /** 0 before it is committed (`readOnly` only). */
  readonly session: SessionId
  /** Of a write: of the txn that decided it, also if it failed. Of a read: of the state that it was answered from. */
  zxid?: Zxid
  /** What the promise resolves with. */
  result?: unknown
  /** What the promise rejects with. */
  error?: unknown
}

/** One request that somebody listens to. Whoever was there at its start hears the rest of it. */
export class RequestTrace {
  readonly #context: RequestContext
  #hasReturned = false
  #isSettled = false

  constructor(context: RequestContext) {
    this.#context = context
  }

  /** @param zxid Of the state or txn that is about to settle it. */
  at(zxid: Zxid): void {
    this.#context.zxid = zxid
  }

  resolved(result: unknown): void {
    this.#context.result = result
    this.#settled()
  }

  rejected(error: unknown): void {
    this.#context.error = error
    this.#settled()
  }

  /** Calls, with the stores that are bound to the channel (`AsyncLocalStorage`). */
  run<T>(call: () => T): T {
    const context = this.#context
    return requests.start.runStores(context, () => {
      try {
        return call()
      } finally {
        requests.end.publish(context)
        this.#hasReturned = true
        if (this.#isSettled) this.#publish()
      }
    })
  }

  #settled(): void {
    if (this.#isSettled) return
    this.#isSettled = true
    if (this.#hasReturned) this.#publish()
  }

  #publish(): void {
    const context = this.#context
    if ('error' in context) requests.error.publish(context)
    requests.asyncStart.publish(context)
    requests.asyncEnd.publish(context)
  }
}

export function contextOf(body: RequestBody, session: SessionId): RequestContext {
  const operation = body.kind === 'setAcl' ? 'setACL' : body.kind
  return { operation, path: 'path' in body ? body.path : undefined, session }
}

/** Makes the request, of which somebody wants to hear. */
export function traced<T>(
  context: RequestContext,
  request: (trace: RequestTrace) => Promise<T>,
): Promise<T> {
  const trace = new RequestTrace(context)
  return trace.run(() => request(trace))
}

/** Somebody wants to hear of requests. */
export function isTracing(): boolean {
  return requests.hasSubscribers
}
