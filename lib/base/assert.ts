/**
 * Assertions for what must hold whatever happens outside: a broken one is a defect of this library,
 * never an operating error. Not for checking arguments or anything that came over the network.
 */

/** An invariant does not hold. Whoever catches it must stop using the state it was thrown from. */
export class InvariantError extends Error {
  override readonly name = 'InvariantError'
}

/**
 * Throws `InvariantError` unless `condition` is truthy. One fact each. The message is a plain string
 * so that a call which passes costs one branch and builds nothing.
 */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new InvariantError(message)
}

/** Closes a switch over a union: does not compile while a member is unhandled, throws if one slips by. */
export function unreachable(value: never): never {
  throw new InvariantError(`unreachable: ${describe(value)}`)
}

function describe(value: unknown): string {
  try {
    return JSON.stringify(value) ?? String(value)
  } catch {
    return String(value)
  }
}
