/**
 * 64-bit integers of the protocol: session ids, zxids, times. Our own fit in a number; those of other servers use all
 * bits.
 */

/**
 * A number where it is a safe integer, else a bigint, signed as in Java: one value has one form, so that `===` and `<`
 * do what they say.
 */
export type Long = number | bigint

/** The canonical form. @param value Any integer; of more than 64 bits the lowest 64 count. */
export function toLong(value: Long): Long {
  if (typeof value === 'number' && Number.isSafeInteger(value)) return value
  const signed = BigInt.asIntN(64, BigInt(value))
  const number = Number(signed)
  return Number.isSafeInteger(number) ? number : signed
}

/** Lower-case hexadecimal digits of the 64 bits, without leading zeros, as ZooKeeper prints session ids and zxids. */
export function hexOfLong(value: Long): string {
  return BigInt.asUintN(64, BigInt(value)).toString(16)
}
