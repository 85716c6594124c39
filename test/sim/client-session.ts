/** What the parts of the workload share: one View's application, and one of its sessions. */
import type { Identity } from '../../lib/protocol/acl.js'
import type { Random } from '../../lib/base/random.js'
import { ZooKeeperError } from '../../lib/protocol/zookeeper-error.js'
import type { Session, Data } from '../../lib/session/session.js'
import type { ViewHost } from '../../lib/testing/view-host.js'
import type { Experiment } from './experiment.js'
import type { Settled } from './observation.js'

/** The application of one View. */
export interface Application {
  readonly experiment: Experiment
  readonly host: ViewHost
  readonly random: Random
  /** Of the View, for the whole run. */
  readonly number: number
  /** Its process has died. */
  readonly isAbandoned: boolean
  /** A watch is being told. */
  isInCallback: boolean
}

/** One session of the library, and what the workload knows of it. */
export interface Open {
  readonly number: number
  readonly session: Session
  /** Requests issued so far: the cxid of the last one. */
  asked: number
  unsettled: number
  isClosing: boolean
  isClosedByOwner: boolean
  /** Who it is, all the time. */
  readonly auth: readonly Identity[]
  /** The watcher of `watch: true`, once there is one. */
  defaultWatcher: number | undefined
  /** The watcher of a listener that is used for many watches. */
  sharedWatcher: number | undefined
  /** Persistent watches that were set. */
  persistent: number
  /** Listeners of one-shot watches that have not fired. */
  waiting: number
}

export function isOver({ state }: Session): boolean {
  return state === 'expired' || state === 'closed' || state === 'failed'
}

/** What an error tells. An abort's own reason is no error of the library, and says so. */
export function failureOf(
  application: Application,
  error: unknown,
): Pick<Settled, 'code' | 'errno' | 'path' | 'index' | 'results'> {
  if (error === ABORTED) return { code: 'ABORTED' }
  if (!(error instanceof ZooKeeperError)) {
    application.experiment.failed('error', `not one of ours: ${String(error)}`)
    return { code: 'UNEXPECTED' }
  }
  const { code, errno, path, index, results } = error
  return {
    code,
    errno,
    ...(path === undefined ? {} : { path }),
    ...(index === undefined ? {} : { index }),
    ...(results === undefined ? {} : { results }),
  }
}

/** The reason of every abort. */
export const ABORTED: Error = new Error('aborted by the workload')

const encoder = new TextEncoder()

/** Data as it goes into a request. */
export function bytesOf(data: Data | undefined): Uint8Array | undefined {
  return typeof data === 'string' ? encoder.encode(data) : data
}
