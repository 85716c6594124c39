/** Where the commands that read get znodes from: a server (`--connect`), or a dead replica's files (`--dir`). */
import type { WireStat } from '../gateway/jute/records.js'
import { textOf } from './command.js'
import type { Given } from './command.js'
import { usageFailure } from './failure.js'
import type { Output } from './output.js'

/** Reads reject with ZooKeeperError `NO_NODE`, `NO_AUTH` … */
export interface ZnodeReader {
  stat(path: string): Promise<WireStat>
  data(path: string): Promise<{ readonly data: Uint8Array | undefined; readonly stat: WireStat }>
  children(path: string): Promise<{ readonly children: readonly string[]; readonly stat: WireStat }>
  close(): Promise<void>
}

/** Opens the one that the options name. What the files cannot tell is said as a note. */
export async function openReader(given: Given, output: Output): Promise<ZnodeReader> {
  const dir = textOf(given, 'dir')
  if (dir !== undefined) {
    if (given['connect'] !== undefined || given['auth'] !== undefined) {
      throw usageFailure('--dir reads files, and excludes --connect and --auth')
    }
    const { openStored } = await import('./stored-reader.js')
    return openStored(dir, textOf(given, 'id'), output)
  }
  if (given['id'] !== undefined) throw usageFailure('--id is for --dir')
  const { openRemote } = await import('./remote.js')
  return openRemote(given)
}
