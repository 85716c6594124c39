/** What whoever has a lock, a permit or a share of a lock holds in hand. */

export interface LockHandle extends AsyncDisposable {
  /**
   * Nobody else can have been given it (promise P8): true only while the session is `alive`, which is judged by this
   * process's own clock at every read. So it is false at the first instruction after the thread was blocked for too
   * long, before anything else could say so. It latches: what was lost or released never comes back. Only a znode that
   * somebody else deletes is given away before its owner knows.
   */
  readonly held: boolean
  /**
   * Fencing token: the zxid at which the own znode was created. Of two who held one after the other, the later one has the
   * greater token, so a storage that remembers the greatest token it has seen can refuse all who come with a smaller one.
   */
  readonly token: number
  /** Aborted as soon as it is known to be lost; a release does not abort it. Its reason is a `ZooKeeperError`. */
  readonly lost: AbortSignal
  /**
   * Gives it back: `held` is false from the call on. Resolves when others can have it; every call gives the same promise.
   * Of one that was lost it resolves too.
   *
   * @throws ZooKeeperError `NO_AUTH`: somebody has forbidden the session to delete its own znode.
   */
  release(): Promise<void>
}

/** A lock, as everything that can be acquired: `Lock`, `SimpleLock`, both sides of a `ReadWriteLock`, `Semaphore`. */
export interface Lockable<Handle extends LockHandle = LockHandle> extends AsyncDisposable {
  /**
   * Waits without limit until it is held. Not re-entrant: who holds it and acquires it again waits for itself.
   *
   * @throws `signal.reason`, at once; `SESSION_EXPIRED`, `SESSION_CLOSED` or `REPLICA_FAILED` when the session ends. In
   *   all cases nothing is left behind.
   */
  acquire(options?: AcquireOptions): Promise<Handle>
  /**
   * `undefined` if somebody else has it, or is before us. Does not wait for others, but for the ensemble: what it says
   * was so at some moment between the call and the answer.
   */
  tryAcquire(options?: AcquireOptions): Promise<Handle | undefined>
  /**
   * Acquires it, runs `run` and releases it, however that ends.
   *
   * @returns what `run` gives. When it is lost meanwhile, only `handle.lost` and `handle.held` say so.
   */
  with<T>(run: (handle: Handle) => T | Promise<T>, options?: AcquireOptions): Promise<T>
}

export interface AcquireOptions {
  /** Ends the waiting; means nothing afterwards. */
  readonly signal?: AbortSignal | undefined
}
