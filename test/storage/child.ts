/**
 * A process that owns a database, for the tests that kill it, starve it or compete with it.
 * `node child.js <what> <directory>`; one JSON value per line on its standard output.
 */
import { readFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { StorageError } from '../../lib/storage/storage-error.js'
import type { SqliteStorage } from '../../lib/storage/sqlite-storage.js'
import { append, sqliteIn, zxidsOf } from './support.js'

const [what, directory = ''] = process.argv.slice(2)

function say(value: unknown): void {
  writeSync(1, `${JSON.stringify(value)}\n`)
}

/** Writes for ever, and says the last counter of each write once it is durable. */
function writeForEver(storage: SqliteStorage): void {
  const recovered = storage.open()
  let last = zxidsOf(recovered).length
  say({ damage: recovered.damage, last })
  for (;;) {
    const count = 1 + (last % 7)
    storage.write([append(1, last + 1, last + count, 500)])
    last += count
    say({ last })
    storage.maintain(0)
  }
}

/** Holds the database, reads its files as a backup script would, and waits to be killed. */
function hold(storage: SqliteStorage): void {
  storage.open()
  readFileSync(join(directory, '1.db'))
  readFileSync(join(directory, '1.db-wal'))
  say('open')
  setInterval(() => undefined, 1000)
}

function attempt(storage: SqliteStorage): void {
  try {
    storage.open()
    say('OPEN')
  } catch (error) {
    say(error instanceof StorageError ? error.code : String(error))
  }
  storage.close()
}

/** Writes until the disk refuses, and then some more. */
function fillDisk(storage: SqliteStorage): void {
  storage.open()
  let last = 0
  try {
    for (;;) {
      storage.write([append(1, last + 1, last + 5, 10_000)])
      last += 5
    }
  } catch (error) {
    const code = error instanceof StorageError ? error.code : String(error)
    say({ code, last, latched: isRefused(storage, error) })
  }
  storage.close()
}

function isRefused(storage: SqliteStorage, expected: unknown): boolean {
  try {
    storage.write([])
    return false
  } catch (error) {
    return error === expected && storage.failed === expected
  }
}

const ACTIONS: Readonly<Record<string, (storage: SqliteStorage) => void>> = {
  write: writeForEver,
  hold,
  attempt,
  fill: fillDisk,
}

ACTIONS[what ?? '']?.(sqliteIn(directory))
