/**
 * The built core, laid open: a copy of it in which private fields are ordinary ones, so that the state of a member can
 * be read as a whole. A bug may be planted in the copy. Nothing else is changed, and the copy is gone once it is loaded.
 */
import { cpSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type * as ReplicaModule from '../../lib/replica/replica.js'
import type * as FollowingModule from '../../lib/zab/following.js'
import type * as HistoryModule from '../../lib/zab/history.js'
import type * as JournalModule from '../../lib/zab/journal.js'
import type * as LeadingModule from '../../lib/zab/leading.js'
import type * as PeerModule from '../../lib/zab/peer.js'

type Modules = typeof FollowingModule &
  typeof HistoryModule &
  typeof JournalModule &
  typeof LeadingModule &
  typeof PeerModule &
  typeof ReplicaModule

export type Library = Pick<
  Modules,
  'Peer' | 'History' | 'Journal' | 'Leading' | 'Following' | 'Replica'
>

/** A change of the text that the compiler wrote. */
export interface Change {
  /** Below `lib`, e.g. `zab/peer.js`. */
  readonly file: string
  /** A text that stands there once, and what it becomes. */
  readonly edits: readonly (readonly [from: string, to: string])[]
}

const FOLDERS = ['base', 'protocol', 'tree', 'zab', 'replica']
/** What a private name becomes: `#role` beside a getter `role` must stay another name. */
export const LAID_OPEN = '_own_'

const built = fileURLToPath(new URL('../../lib/', import.meta.url))

export async function openLibrary(changes: readonly Change[] = []): Promise<Library> {
  const folder = mkdtempSync(join(tmpdir(), 'vivarium-explore-'))
  try {
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
    for (const each of FOLDERS) cpSync(join(built, each), join(folder, each), { recursive: true })
    for (const change of changes) plant(change, folder)
    for (const each of FOLDERS) layOpen(join(folder, each))
    const files = ['peer', 'history', 'journal', 'leading', 'following'].map(
      (name) => `zab/${name}`,
    )
    const modules: Partial<Modules>[] = []
    for (const file of [...files, 'replica/replica']) {
      modules.push(
        (await import(pathToFileURL(join(folder, `${file}.js`)).href)) as Partial<Modules>,
      )
    }
    return Object.assign({}, ...modules) as Library
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function plant({ file, edits }: Change, folder: string): void {
  const path = join(folder, file)
  let text = readFileSync(path, 'utf8')
  for (const [from, to] of edits) {
    if (text.split(from).length !== 2)
      throw new Error(`the text to change is not there once: ${from}`)
    text = text.replace(from, () => to)
  }
  writeFileSync(path, text)
}

function layOpen(folder: string): void {
  for (const name of readdirSync(folder)) {
    if (!name.endsWith('.js')) continue
    const path = join(folder, name)
    const text = readFileSync(path, 'utf8')
    // The map of the source is beside the original only.
    const open = text.replace(/(^|[\s.(!])#([A-Za-z]\w*)/gm, `$1${LAID_OPEN}$2`)
    writeFileSync(path, open.replace(/^\/\/# sourceMappingURL=.*$/m, ''))
  }
}
