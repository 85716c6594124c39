/** Reads of the tree in memory, and the watches that they leave behind (zookeeper: FinalRequestProcessor). */
import type { Stat } from '../protocol/stat.js'
import { ZooKeeperError } from '../protocol/zookeeper-error.js'
import type { Znode } from '../tree/znode.js'
import { badArguments, checkOptions, checkSignal, describe } from './arguments.js'
import type { WatchListener } from './arguments.js'
import { checkEncoding, decodeData } from './data.js'
import type { Decoded, Encoding } from './data.js'
import type { SessionCore } from './session-core.js'

export interface ReadOptions {
  /** Fires once: to the session's 'watch' event, or to this function. */
  readonly watch?: true | WatchListener | undefined
  /** Of `getData`: 'buffer' unless told. */
  readonly encoding?: Encoding | undefined
  readonly signal?: AbortSignal | undefined
}

const READ_OPTIONS = ['watch', 'encoding', 'signal']

export function checkReadOptions(options: ReadOptions | undefined): void {
  if (options === undefined) return
  checkOptions(options, READ_OPTIONS)
  checkEncoding(options.encoding)
  checkSignal(options.signal)
  const watch: unknown = options.watch
  if (watch === undefined || watch === true || typeof watch === 'function') return
  throw badArguments(`option 'watch' is true or a function, not ${describe(watch)}`)
}

/** The watch is set whether or not the znode exists. */
export function readStat(
  core: SessionCore,
  path: string,
  options: ReadOptions | undefined,
): Stat | null {
  const znode = core.memory.tree.get(path)
  if (options?.watch !== undefined) core.watches.addOnce(path, 'data', options.watch)
  return znode === undefined ? null : znode.stat
}

/** The watch is set only if the read succeeds. */
export function readData<E extends Encoding>(
  core: SessionCore,
  path: string,
  options: ReadOptions | undefined,
): { data: Decoded[E]; stat: Stat } {
  const znode = existing(core, path)
  // The encoding decides the type, which the caller has bound to it.
  const data = decodeData(path, znode.data, options?.encoding) as Decoded[E]
  if (options?.watch !== undefined) core.watches.addOnce(path, 'data', options.watch)
  return { data, stat: znode.stat }
}

/** The watch is set only if the read succeeds. */
export function readChildren(
  core: SessionCore,
  path: string,
  options: ReadOptions | undefined,
): { children: string[]; stat: Stat } {
  const znode = existing(core, path)
  if (options?.watch !== undefined) core.watches.addOnce(path, 'child', options.watch)
  return { children: znode.children === undefined ? [] : [...znode.children], stat: znode.stat }
}

function existing(core: SessionCore, path: string): Znode {
  const znode = core.memory.tree.get(path)
  if (znode === undefined) throw new ZooKeeperError('NO_NODE', `no znode ${path}`, { path })
  return znode
}
