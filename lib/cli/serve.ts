/**
 * `vivarium serve`: a replica with a gateway as a process of its own, in the foreground, until it is told to end.
 *
 * The gateway opens as soon as the replica has its files, so that four-letter words are answered while there is no
 * leader; the line that says so is printed when clients are served.
 */
import { checkOptions } from '../gateway/options.js'
import { join } from '../session/join.js'
import type { Session } from '../session/session.js'
import type { Given } from './command.js'
import { Ending } from './ending.js'
import { EXIT, Failure, failureOf } from './failure.js'
import type { ExitCode } from './failure.js'
import type { Output } from './output.js'
import { bracketed, planFromFlags, planFromZooCfg } from './serve-plan.js'
import type { ServeFlags, ServePlan } from './serve-plan.js'

/** Waiting is silent for so long; then it says once whom it waits for. */
const NOTE_AFTER_MS = 3000

/** Its own session holds nothing: without a majority nobody waits for its end. */
const CLOSE_MS_MAX = 200

export async function serve(
  given: Given,
  [file]: readonly string[],
  output: Output,
): Promise<ExitCode> {
  const flags = given as ServeFlags
  const plan = file === undefined ? planFromFlags(flags) : planFromZooCfg(file, flags)
  // Before anything is made or opened.
  checkOptions(plan.gateway)
  for (const note of plan.notes) output.note(note)
  const ending = new Ending()
  try {
    return await run(plan, output, ending)
  } catch (error) {
    // It was told to end while it began.
    if (ending.signal.aborted) return EXIT.ok
    throw explained(error)
  } finally {
    ending.stop()
  }
}

async function run(plan: ServePlan, output: Output, ending: Ending): Promise<ExitCode> {
  // Loaded while the replica opens its files.
  const loading = import('../gateway/index.js')
  // With readOnly it resolves when they are read: waiting for the others is done here, with the gateway open.
  const session = await join({ ...plan.join, readOnly: true, signal: ending.signal })
  try {
    const { serve: open } = await loading
    const gateway = await open(session.replica, plan.gateway)
    try {
      await served(session, gateway.port, plan, output, ending)
    } finally {
      await gateway.close()
    }
  } finally {
    await session.close({ timeout: CLOSE_MS_MAX })
  }
  return EXIT.ok
}

/** Says when clients are served, resolves when it is told to end, rejects when the replica fails. */
function served(
  session: Session,
  port: number,
  plan: ServePlan,
  output: Output,
  ending: Ending,
): Promise<void> {
  const { replica } = session
  const timer = setTimeout(() => {
    output.note(`waits for ${replica.status().waitingFor ?? 'the others'}`)
  }, NOTE_AFTER_MS)
  return new Promise<void>((resolve, reject) => {
    const check = (): void => {
      if (session.state === 'failed') {
        const { error } = replica.status()
        reject(error ?? new Failure(EXIT.refused, 'REPLICA_FAILED', 'the replica has stopped'))
        return
      }
      // Its own session is committed and applied here: then this replica has all that was before it.
      if (session.state !== 'connected') return
      session.off('state', check)
      session.on('state', failed)
      clearTimeout(timer)
      say(session, port, plan, output)
    }
    const failed = (): void => {
      if (session.state === 'failed') check()
    }
    session.on('state', check)
    void ending.asked().then(resolve)
    check()
  }).finally(() => clearTimeout(timer))
}

function say({ replica }: Session, port: number, { gateway }: ServePlan, output: Output): void {
  const { id, role, voters } = replica.status()
  const { host = '127.0.0.1' } = gateway
  const ms = Math.round(performance.now())
  const of = voters.length
  output.result(
    { serving: true, id, role, size: of, host, port, pid: process.pid, startMs: ms },
    () => {
      const where = `${bracketed(host)}:${port}`
      return `vivarium: replica ${id} of ${of} serves clients on ${where}, ${role}, ${ms} ms after its start\n`
    },
  )
}

/** What to do about it, where the message of the library speaks to programmers. */
function explained(error: unknown): unknown {
  const { exitCode, code, message } = failureOf(error)
  if (code !== 'INSECURE') return error
  const hint = 'give a secret (--secret-file, or vivarium.secretFile in zoo.cfg), or --insecure'
  return new Failure(exitCode, code, `${message}; ${hint}`, error)
}
