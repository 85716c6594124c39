/// <reference types="node" preserve="true" />
/** The door of `vivarium/recipes`: what is built on sessions. */
export { Lock } from './lock.js'
export { SimpleLock } from './simple-lock.js'
export { ReadWriteLock } from './read-write-lock.js'
export type { WriteHandle } from './read-write-lock.js'
export { Semaphore } from './semaphore.js'
export type { AcquireOptions, Lockable, LockHandle } from './lock-handle.js'
export { LeaderElection } from './leader-election.js'
export type { CampaignOptions, Leader, Leadership, ObserveOptions } from './leader-election.js'
export { singleton } from './singleton.js'
export type { SingletonJob, SingletonOptions, SingletonRun } from './singleton.js'
