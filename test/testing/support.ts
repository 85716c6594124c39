/** An ensemble that ends with its test, and short words about errors. */
import type { ExecutionContext } from 'ava'
import { ensemble } from '../../lib/testing/index.js'
import type { Ensemble, EnsembleOptions } from '../../lib/testing/index.js'

export async function world(t: ExecutionContext, options?: EnsembleOptions): Promise<Ensemble> {
  const made = await ensemble({ seed: 7, ...options })
  t.teardown(() => made.close())
  return made
}

/** What a promise rejects with; fails if it does not. */
export async function errorOf(promise: Promise<unknown>): Promise<Error & { code?: string }> {
  try {
    await promise
  } catch (error) {
    if (error instanceof Error) return error
  }
  throw new Error('it did not reject with an error')
}

export async function codeOf(promise: Promise<unknown>): Promise<string | undefined> {
  return (await errorOf(promise)).code
}
