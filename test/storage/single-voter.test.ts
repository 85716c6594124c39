// Damage at the only voter: nobody could ever refill it, so nothing is thrown away and nobody waits for ever.
import test from 'ava'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join as joinPath } from 'node:path'
import Database from 'better-sqlite3'
import { join } from '../../lib/index.js'

test('a damaged database of the only voter is refused, and left as it is', async (t) => {
  const dir = mkdtempSync(joinPath(tmpdir(), 'vivarium-alone-'))
  t.teardown(() => rmSync(dir, { recursive: true }))
  const zk = await join({ dir })
  await zk.create('/a', 'precious')
  await zk.close()
  const path = joinPath(dir, '1.db')
  const database = new Database(path)
  database.exec('UPDATE log SET crc = crc + 1')
  database.close()
  const before = readFileSync(path)

  const error = await t.throwsAsync(join({ dir }), { code: 'DAMAGED' })
  t.regex(error.message, /only voter/)
  t.deepEqual(readFileSync(path), before)

  // Whoever has read the message removes it, and begins with nothing.
  writeFileSync(joinPath(dir, 'kept'), before)
  rmSync(path)
  const anew = await join({ dir })
  t.is(anew.existsSync('/a'), null)
  await anew.close()
})
