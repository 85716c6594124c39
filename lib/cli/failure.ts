/** How a command ends when it does not go well: a message for people, a code for scripts. */

/** Exit codes of the command. */
export const EXIT = {
  ok: 0,
  /** ZooKeeper said no, or something is not as it should be. */
  refused: 1,
  /** It was called wrongly, or a configuration file is wrong. */
  usage: 2,
  /** Nobody answers. */
  unreachable: 3,
} as const

export type ExitCode = (typeof EXIT)[keyof typeof EXIT]

/** A failure that was foreseen: its message is all that anybody needs. */
export class Failure extends Error {
  override readonly name = 'Failure'
  readonly exitCode: ExitCode
  /** A word for scripts: an error code of ZooKeeper's or ours. */
  readonly code: string

  constructor(exitCode: ExitCode, code: string, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.exitCode = exitCode
    this.code = code
  }
}

export function usageFailure(message: string): Failure {
  return new Failure(EXIT.usage, 'USAGE', message)
}

/** Codes that say that nobody is there, and not that somebody refused. */
const UNREACHABLE: ReadonlySet<string> = new Set([
  'CONNECTION_LOSS',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EPIPE',
  'ETIMEDOUT',
])

/** Any error as the end of a command. Wrong arguments of a request are wrong usage. */
export function failureOf(error: unknown): Failure {
  if (error instanceof Failure) return error
  const message = error instanceof Error ? error.message : String(error)
  const code = codeOf(error)
  if (code === undefined) return new Failure(EXIT.refused, 'FAILED', stackOf(error), error)
  if (error instanceof TypeError || code.startsWith('ERR_PARSE_ARGS')) {
    return new Failure(EXIT.usage, code === 'BAD_ARGUMENTS' ? code : 'USAGE', message, error)
  }
  const exitCode = UNREACHABLE.has(code) ? EXIT.unreachable : EXIT.refused
  return new Failure(exitCode, code, message, error)
}

/** ZooKeeper's number for the code, if the error has one. */
export function errnoOf(error: unknown): number | undefined {
  const cause = error instanceof Failure ? error.cause : error
  if (typeof cause !== 'object' || cause === null || !('errno' in cause)) return undefined
  return typeof cause.errno === 'number' ? cause.errno : undefined
}

function codeOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined
  return typeof error.code === 'string' ? error.code : undefined
}

/** What nobody foresaw is a defect: then the place matters. */
function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}
