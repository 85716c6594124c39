/**
 * Reading the files of a replica that does not run: for tools, not for applications, which `join`. The state is
 * shown as a session would see it, but nobody's rights are asked: who may read the files may read what is in them.
 */
import { inspectDirectory, recoverState } from '../host/inspect.js'
import type { DatabaseInspection, InspectOptions } from '../host/inspect.js'
import { validatePath } from '../protocol/path.js'
import type { Stat } from '../protocol/stat.js'
import { ZooKeeperError } from '../protocol/zookeeper-error.js'
import type { Zxid } from '../protocol/zxid.js'
import { badArguments } from './arguments.js'

export type { DatabaseInspection, InspectOptions } from '../host/inspect.js'

/**
 * Looks into every database of a directory, by id.
 *
 * @throws ZooKeeperError STORAGE if there is none.
 */
export function inspect(
  dir: string,
  options: InspectOptions = {},
): Promise<readonly DatabaseInspection[]> {
  return inspectDirectory(dir, options)
}

/** The znodes in a dead replica's files. Reads throw ZooKeeperError NO_NODE, or TypeError for what is no path. */
export interface StoredState {
  /** Of the replica whose files were read. */
  readonly id: number
  readonly path: string
  /** Everything up to here is decided; txns behind it may have been proposed and never decided. */
  readonly decided: Zxid
  /** Newest txn that is shown. */
  readonly last: Zxid
  stat(path: string): Stat
  data(path: string): { readonly data: Uint8Array | undefined; readonly stat: Stat }
  children(path: string): { readonly children: string[]; readonly stat: Stat }
}

/**
 * Reads back the state of the replica `id`, or of the one whose log goes farthest.
 *
 * @throws ZooKeeperError SLOT_TAKEN if a living process holds it, DAMAGED, STORAGE.
 */
export async function readState(dir: string, id?: number): Promise<StoredState> {
  const { id: found, path, tree, decided } = await recoverState(dir, id)
  const get = (of: string): NonNullable<ReturnType<typeof tree.get>> => {
    const problem = validatePath(of)
    if (problem !== undefined) throw badArguments(`path ${JSON.stringify(of)}: ${problem}`)
    const znode = tree.get(of)
    if (znode === undefined) throw new ZooKeeperError('NO_NODE', `no znode at ${of}`, { path: of })
    return znode
  }
  return {
    id: found,
    path,
    decided,
    last: tree.lastZxid,
    stat: (of) => get(of).stat,
    data: (of) => {
      const { data, stat } = get(of)
      return { data, stat }
    },
    children: (of) => {
      const { children, stat } = get(of)
      return { children: [...(children ?? [])], stat }
    },
  }
}
