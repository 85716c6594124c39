/**
 * Shows that the scripts can fail: plants one bug at a time in a copy of the built library and runs the scripts. The one that
 * is about it must turn red by what it expects, not only by another trace: `node dist/test/scripts/planted.js [name]`.
 */
import { spawnSync } from 'node:child_process'
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { PLANTED } from './planted-list.js'
import type { Planted } from './planted-list.js'
import { SCRIPTS_FOLDER, scriptNames } from './script.js'

const built = fileURLToPath(new URL('../../', import.meta.url))
const root = fileURLToPath(new URL('../../../', import.meta.url))

/** The complaints of its script. */
function run({ mutant, script }: Planted): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'vivarium-planted-'))
  try {
    for (const part of ['lib', 'test/scripts'])
      cpSync(join(built, part), join(folder, 'dist', part), { recursive: true })
    mkdirSync(join(folder, 'test/scripts'), { recursive: true })
    for (const name of scriptNames())
      cpSync(join(SCRIPTS_FOLDER, name), join(folder, 'test/scripts', name))
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
    for (const { file, edits } of [mutant, ...(mutant.also === undefined ? [] : [mutant.also])])
      plant(edits, join(folder, 'dist/lib', file))
    const args = [join(folder, 'dist/test/scripts/rewrite.js'), script]
    const { stdout } = spawnSync(process.execPath, args, { encoding: 'utf8', timeout: 60_000 })
    return stdout.split('\n').filter((line) => line !== '' && !line.endsWith('has another trace'))
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function plant(edits: Planted['mutant']['edits'], file: string): void {
  let text = readFileSync(file, 'utf8')
  for (const [from, to] of edits) {
    if (text.split(from).length !== 2)
      throw new Error(`the text to change is not there once: ${from}`)
    text = text.replace(from, () => to)
  }
  writeFileSync(file, text)
}

const wanted = process.argv[2]
for (const planted of PLANTED) {
  const { mutant, script } = planted
  if (wanted !== undefined && mutant.name !== wanted) continue
  const complaints = run(planted)
  const own = complaints.filter((line) => line.startsWith(`${script}.txt: expect `))
  console.log(`${mutant.name}: ${script}: ${own.length} expectations are red`)
  for (const line of own.slice(0, 2)) console.log(`  ${line.slice(script.length + 6, 200)}`)
  if (own.length > 0) continue
  console.log('  SURVIVED')
  process.exitCode = 1
}
