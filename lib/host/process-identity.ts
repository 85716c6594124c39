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
    const bootId = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
    return { bootId, pidNamespace: readlinkSync('/proc/self/ns/pid') }
  } catch {
    // Not Linux, or a /proc that shows nothing.
    return undefined
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
    return code === 'ENOENT' || code === 'ESRCH' ? 'gone' : 'unknown'
  }
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  const state = fields[STATE_FIELD]
  const startTime = Number(fields[START_TIME_FIELD])
  if (state === undefined || !Number.isSafeInteger(startTime)) return 'unknown'
  return { state, startTime }
}
