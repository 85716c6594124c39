/**
 * Planted bugs: each is a small change of the built library, made in a copy, that some seed must turn red. Run it after
 * a build: `node dist/test/sim/mutants.js [name]`. A change whose text is no longer found is an error: the list must
 * follow the code.
 */
import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { MUTANTS } from './mutant-list.js'
import type { Mutant } from './mutant-list.js'

const SEEDS = 200

const built = fileURLToPath(new URL('../../', import.meta.url))
const root = fileURLToPath(new URL('../../../', import.meta.url))

function run(mutant: Mutant): string {
  const folder = mkdtempSync(join(tmpdir(), 'vivarium-mutant-'))
  try {
    for (const part of ['lib', 'test/sim'])
      cpSync(join(built, part), join(folder, 'dist', part), { recursive: true })
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
    for (const { file, edits } of [mutant, ...(mutant.also === undefined ? [] : [mutant.also])]) {
      plant(edits, join(folder, 'dist/lib', file))
    }
    const args = [join(folder, 'dist/test/sim/run.js'), '--seeds', String(SEEDS), '--until-red']
    const { stdout } = spawnSync(process.execPath, args, { encoding: 'utf8', maxBuffer: 2 ** 28 })
    return /^seed \d+: .*$/m.exec(stdout)?.[0] ?? `SURVIVED ${SEEDS} seeds`
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function plant(edits: Mutant['edits'], file: string): void {
  let text = readFileSync(file, 'utf8')
  for (const [from, to] of edits) {
    if (text.split(from).length !== 2)
      throw new Error(`the text to change is not there once: ${from}`)
    text = text.replace(from, () => to)
  }
  writeFileSync(file, text)
}

function verdictOf(mutant: Mutant): string {
  try {
    return run(mutant)
  } catch (error) {
    return `STALE: ${String(error)}`
  }
}

const wanted = process.argv[2]
for (const mutant of MUTANTS) {
  if (wanted !== undefined && mutant.name !== wanted) continue
  const start = performance.now()
  const verdict = verdictOf(mutant)
  const seconds = ((performance.now() - start) / 1000).toFixed(1)
  console.log(`${mutant.name.padEnd(28)} ${seconds.padStart(6)} s  ${verdict.slice(0, 220)}`)
  if (!verdict.startsWith('seed')) process.exitCode = 1
}
