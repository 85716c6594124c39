/**
 * Plants bugs in the recipes, one at a time in a copy of what was built, and runs the recipe's property until a seed is red:
 *
 *   node dist/test/recipes/planted.js              all, one after the other, and prints a table
 *   node dist/test/recipes/planted.js NAME         that one, or all of that recipe
 *
 * A change whose text is no longer found is an error: the list must follow the code.
 */
import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { PLANTED } from './planted-list.js'
import type { PlantedBug } from './planted-list.js'

const SEEDS = 500

const built = fileURLToPath(new URL('../../', import.meta.url))
const root = fileURLToPath(new URL('../../../', import.meta.url))
const [, , wanted] = process.argv

console.log('| recipe | planted bug | caught by | seeds |\n|---|---|---|---|')
for (const planted of PLANTED) {
  if (wanted !== undefined && planted.name !== wanted && planted.recipe !== wanted) continue
  const folder = mkdtempSync(join(tmpdir(), 'vivarium-recipe-'))
  try {
    plant(planted, folder)
    const { seed, violation } = hunt(planted, folder)
    if (seed === undefined) process.exitCode = 1
    const { recipe, bug, name } = planted
    console.log(`| ${recipe} | ${bug} (${name}) | ${violation} | ${seed ?? SEEDS} |`)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function plant({ file, edits }: PlantedBug, folder: string): void {
  for (const part of ['lib', 'test/recipes']) {
    cpSync(join(built, part), join(folder, 'dist', part), { recursive: true })
  }
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
  const path = join(folder, 'dist/lib/recipes', file)
  let text = readFileSync(path, 'utf8')
  for (const [from, to] of edits) {
    if (text.split(from).length !== 2) throw new Error(`not there once in ${file}: ${from}`)
    text = text.replace(from, () => to)
  }
  writeFileSync(path, text)
}

function hunt(
  { recipe }: PlantedBug,
  folder: string,
): { readonly seed: string | undefined; readonly violation: string } {
  const run = join(folder, 'dist/test/recipes/run.js')
  const args = [run, '--recipe', recipe, '--seeds', String(SEEDS), '--until-red']
  const { stdout } = spawnSync(process.execPath, args, { encoding: 'utf8' })
  const [, seed, violation] = /: seed (\d+): (.*)$/m.exec(stdout) ?? []
  return { seed, violation: violation ?? 'NOBODY' }
}
