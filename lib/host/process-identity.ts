/**
 * Which process this is, and whether another one is provably gone (promise P7).
 *
 * A pid alone proves nothing: it is used again, and means another process in another pid namespace. Boot id,
 * namespace and start time make it unique. Only Linux tells them; elsewhere no death is ever known.
 */
import { readFileSync, readlinkSync } from 'node:fs'
import type { ProcessIdentity } from '../protocol/member.js'

/** Fields of /proc/<pid>/stat behind the command, which is in parentheses and may hold anything. */
const STATE_FIELD = 0
const START_TIME_FIELD = 19

/** This process; `undefined` where the platform cannot tell. */
export function ownProcess(): ProcessIdentity | undefined {
  const machine = ownMachine()
  if (machine === undefined) return undefined
  const stat = statOf(process.pid)
  if (stat === 'gone' || stat === 'unknown') return undefined
  return { ...machine, pid: process.pid, startTime: stat.startTime }
}

/** True only if that process is proved not to run any more: stopped, blocked or unreachable ones are not gone. */
export function isGone(identity: ProcessIdentity): boolean {
  const machine = ownMachine()
  if (machine === undefined) return false
  if (machine.bootId !== identity.bootId || machine.pidNamespace !== identity.pidNamespace)
    return false
  const stat = statOf(identity.pid)
  if (stat === 'unknown') return false
  if (stat === 'gone') return true
  return stat.state === 'Z' || stat.state === 'X' || stat.startTime !== identity.startTime
}

function ownMachine(): Pick<ProcessIdentity, 'bootId' | 'pidNamespace'> | undefined {
  try {
    // A /proc of another pid namespace speaks of other processes.
    if (Number(readlinkSync('/proc/self')) !== process.pid) return undefined
    const bootId = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
    // Start times count from the boot that one's time namespace shows.
    const namespaces = [readlinkSync('/proc/self/ns/pid'), timeNamespace()]
    return { bootId, pidNamespace: namespaces.join(' ') }
  } catch {
    // Not Linux, or a /proc that shows nothing.
    return undefined
  }
}

function timeNamespace(): string {
  try {
    return readlinkSync('/proc/self/ns/time')
  } catch {
    // A kernel without such namespaces: there is one time for all.
    return ''
  }
}

/** With `hidepid` a living process of another user has no entry in /proc; a signal that is not sent still finds it. */
function isUnknownToKernel(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return false
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'ESRCH'
  }
}

interface ProcessStat {
  readonly state: string
  readonly startTime: number
}

function statOf(pid: number): ProcessStat | 'gone' | 'unknown' {
  let text: string
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'utf8')
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    // Anything else (EPERM, EACCES, EMFILE) proves nothing.
    const isMissing = code === 'ENOENT' || code === 'ESRCH'
    return isMissing && isUnknownToKernel(pid) ? 'gone' : 'unknown'
  }
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  const state = fields[STATE_FIELD]
  const startTime = Number(fields[START_TIME_FIELD])
  if (state === undefined || !Number.isSafeInteger(startTime)) return 'unknown'
  return { state, startTime }
}
