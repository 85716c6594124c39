/** Where two pieces of plain data differ first, in words. */

/** @returns `undefined` if they are the same. An absent property is the same as one that is `undefined`. */
export function differ(expected: unknown, found: unknown): string | undefined {
  if (Object.is(expected, found)) return undefined
  if (!isObject(expected) || !isObject(found)) return `${show(found)} instead of ${show(expected)}`
  if (expected instanceof Uint8Array || found instanceof Uint8Array) {
    return isSameBytes(expected, found) ? undefined : 'other bytes'
  }
  for (const key of new Set([...Object.keys(expected), ...Object.keys(found)])) {
    const difference = differ(expected[key], found[key])
    if (difference !== undefined) return `${key}: ${difference}`
  }
  return undefined
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

function isSameBytes(expected: object, found: object): boolean {
  if (!(expected instanceof Uint8Array) || !(found instanceof Uint8Array)) return false
  return expected.length === found.length && expected.every((byte, at) => byte === found[at])
}

function show(value: unknown): string {
  return JSON.stringify(value) ?? String(value)
}
