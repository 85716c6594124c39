/** Values that go into znodes as JSON. */
import { badArguments, describe } from '../session/arguments.js'

/** @throws TypeError (`BAD_ARGUMENTS`) for what JSON does not know. */
export function toJson(value: unknown): string {
  const json: unknown = JSON.stringify(value)
  if (typeof json === 'string') return json
  throw badArguments(`it is to be JSON, and not ${describe(value)}`)
}
