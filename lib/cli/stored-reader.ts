/** Znodes from a dead replica's files. */
import { readState } from '../session/inspect.js'
import type { Output } from './output.js'
import { integerOf } from './serve-plan.js'
import type { ZnodeReader } from './znode-reader.js'
import { hexText } from './znode-text.js'

export async function openStored(
  dir: string,
  id: string | undefined,
  output: Output,
): Promise<ZnodeReader> {
  const state = await readState(dir, id === undefined ? undefined : integerOf('--id', id))
  const { decided, last, path } = state
  if (last > decided) {
    output.note(
      `${path} ends at ${hexText(last)}; what is newer than ${hexText(decided)} may never have been decided`,
    )
  }
  // Async, so that what is thrown becomes a rejection.
  return {
    stat: async (of) => state.stat(of),
    data: async (of) => state.data(of),
    children: async (of) => state.children(of),
    close: async () => undefined,
  }
}
