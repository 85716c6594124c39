/** How long a znode stays that no session owns. */

/**
 * `KEPT`: until it is deleted. `CONTAINER`: until its last child is gone, then the leader deletes it some time.
 * A positive number: ms that it stays without children after its data was last set, by the leader's wall clock.
 */
export type Retention = number

export const KEPT: Retention = 0
export const CONTAINER: Retention = -1

/** Longest time to live, ZooKeeper's: 40 bits of ms. */
export const TTL_MS_MAX: number = 2 ** 40 - 1

/** Whether `value` is a retention at all. */
export function isRetention(value: number): boolean {
  if (value === KEPT || value === CONTAINER) return true
  return Number.isSafeInteger(value) && value > 0 && value <= TTL_MS_MAX
}
