/**
 * Paths of znodes: ZooKeeper's grammar, and the few ways to take a path apart. Not about the file
 * system.
 *
 * The scan works on UTF-16 units, as ZooKeeper's does; surrogates are forbidden, so a unit is a
 * character.
 */
import { PATH_BYTES_MAX } from '../base/limits.js'

const SLASH = 0x2f
const DOT = 0x2e

/** Digits that a sequential create appends at least. */
const SEQUENCE_DIGITS = '0000000000'

/**
 * Why `path` names no znode, in words; `undefined` if it does.
 *
 * @see org.apache.zookeeper.common.PathUtils
 */
export function validatePath(path: string): string | undefined {
  const length = path.length
  if (length === 0) return 'a path must not be empty'
  if (path.charCodeAt(0) !== SLASH) return 'a path must start with /'
  if (length === 1) return undefined

  let start = 1
  let bytes = 1
  for (let index = 1; index < length; index++) {
    const unit = path.charCodeAt(index)
    if (unit === SLASH) {
      const reason = componentFault(path, start, index)
      if (reason !== undefined) return reason
      start = index + 1
      bytes += 1
    } else if (unit >= 0x20 && unit < 0x7f) {
      bytes += 1
    } else {
      if (isForbidden(unit)) return `a path must not contain the character ${hexadecimal(unit)}`
      bytes += unit < 0x800 ? 2 : 3
    }
  }
  if (start === length) return 'a path must not end with /'
  if (bytes > PATH_BYTES_MAX) return `a path must not be longer than ${PATH_BYTES_MAX} bytes`
  return componentFault(path, start, length)
}

/**
 * As {@link validatePath}, for the path that a sequential create is given: the number comes behind
 * it, so a trailing slash is legal (and so is a last component of dots).
 */
export function validateSequentialPath(path: string): string | undefined {
  return validatePath(path + SEQUENCE_DIGITS)
}

/** Path of the parent; the root is its own. `path` needs no more than a slash somewhere. */
export function parentOf(path: string): string {
  const slash = path.lastIndexOf('/')
  return slash <= 0 ? '/' : path.slice(0, slash)
}

/** The last component; empty for the root. */
export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}

/** Path of the child `name` of `parent`. */
export function joinPath(parent: string, name: string): string {
  return parent === '/' ? `/${name}` : `${parent}/${name}`
}

function componentFault(path: string, start: number, end: number): string | undefined {
  if (end === start) return 'a path must not have an empty component'
  if (path.charCodeAt(start) !== DOT || end - start > 2) return undefined
  if (end - start === 2 && path.charCodeAt(start + 1) !== DOT) return undefined
  return 'a path must not have a component . or ..'
}

/** Controls, surrogates, the private use area and the specials. */
function isForbidden(unit: number): boolean {
  if (unit < 0x20) return true
  if (unit < 0xd800) return unit >= 0x7f && unit <= 0x9f
  return unit <= 0xf8ff || unit >= 0xfff0
}

function hexadecimal(unit: number): string {
  return `U+${unit.toString(16).toUpperCase().padStart(4, '0')}`
}
