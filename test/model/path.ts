/** ZooKeeper's paths: the grammar (PathUtils.validatePath), parents and names. */

/** Control characters, surrogates, the private use area and the specials: first and last of each range. */
const FORBIDDEN = [
  [0x00, 0x1f],
  [0x7f, 0x9f],
  [0xd800, 0xf8ff],
  [0xfff0, 0xffff],
] as const

/** Bytes of a path as UTF-8; a bound of this system, ZooKeeper has none. */
const BYTES_MAX = 4096

const encoder = new TextEncoder()

export function isValidPath(path: string): boolean {
  if (path === '/') return true
  if (!path.startsWith('/') || hasForbidden(path)) return false
  const names = path.slice(1).split('/')
  if (names.some((name) => name === '' || name === '.' || name === '..')) return false
  return path.length * 3 <= BYTES_MAX || encoder.encode(path).length <= BYTES_MAX
}

/** The cheap look that comes before everything else, for create and delete. */
export function hasPathShape(path: string): boolean {
  return path.includes('/') && !path.includes('\0')
}

/** The root's is the root. */
export function parentPath(path: string): string {
  const end = path.lastIndexOf('/')
  return end <= 0 ? '/' : path.slice(0, end)
}

export function lastName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}

/** True for the path itself too. */
export function isAtOrBelow(path: string, ancestor: string): boolean {
  return path === ancestor || ancestor === '/' || path.startsWith(`${ancestor}/`)
}

function hasForbidden(path: string): boolean {
  for (let at = 0; at < path.length; at += 1) {
    const unit = path.charCodeAt(at)
    if (unit >= 0x20 && unit < 0x7f) continue
    if (FORBIDDEN.some(([first, last]) => unit >= first && unit <= last)) return true
  }
  return false
}
