/** Every recipe's property, by name. */
import type { Property } from './frame.js'
import { LOCK_PROPERTIES } from './locks.js'

export const PROPERTIES: readonly Property[] = [...LOCK_PROPERTIES]
