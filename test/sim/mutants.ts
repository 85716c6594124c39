/**
 * Planted bugs: each is a small change of the built library, made in a copy, that the simulator must find within a
 * minute. After a build:
 *
 *   node dist/test/sim/mutants.js              plants all, one after the other, and prints a table
 *   node dist/test/sim/mutants.js NAME         plants that one
 *   node dist/test/sim/mutants.js NAME --shrink  … and makes the first red seed as small as it will get
 *
 * A change whose text is no longer found is an error: the list must follow the code.
 */
import { spawn } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { MUTANTS } from './mutant-list.js'
import type { Mutant } from './mutant-list.js'
import { checkerOf } from './report.js'

const MINUTES = 1

const built = fileURLToPath(new URL('../../', import.meta.url))
const root = fileURLToPath(new URL('../../../', import.meta.url))

interface Verdict {
  /** The violation that was found first, `undefined` if none was. */
  readonly violation: string | undefined
  readonly seed: number
  readonly seeds: number
  readonly seconds: number
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { shrink: { type: 'boolean', default: false } },
})
const [wanted] = positionals

console.log('| planted bug | caught by | seeds | s |\n|---|---|---|---|')
for (const mutant of MUTANTS) {
  if (wanted !== undefined && mutant.name !== wanted) continue
  const folder = mkdtempSync(join(tmpdir(), 'vivarium-mutant-'))
  try {
    plantAll(mutant, folder)
    const verdict = await hunt(mutant, folder)
    const { violation, seed, seeds, seconds } = verdict
    const checker = violation === undefined ? 'NOBODY' : checkerOf(violation)
    console.log(
      `| ${mutant.bug} (${mutant.name}) | ${checker} | ${seeds} | ${seconds.toFixed(1)} |`,
    )
    if (violation === undefined) process.exitCode = 1
    else if (wanted !== undefined) console.log(`seed ${seed}: ${violation}`)
    if (values.shrink && violation !== undefined)
      await run(folder, ['--shrink', String(seed)], print)
  } catch (error) {
    process.exitCode = 1
    console.log(`| ${mutant.bug} (${mutant.name}) | STALE: ${String(error)} | | |`)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function plantAll(mutant: Mutant, folder: string): void {
  for (const part of ['lib', 'test/sim', 'test/model'])
    cpSync(join(built, part), join(folder, 'dist', part), { recursive: true })
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
  for (const { file, edits } of [mutant, ...(mutant.also === undefined ? [] : [mutant.also])])
    plant(edits, join(folder, 'dist/lib', file))
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

/** Brisk seeds from 1 on all cores, until one is red or the time is up. */
async function hunt({ needs = [] }: Mutant, folder: string): Promise<Verdict> {
  const start = performance.now()
  let found: RegExpExecArray | null = null
  let seeds = 0
  await run(
    folder,
    [
      '--minutes',
      String(MINUTES),
      '--from',
      '1',
      '--brisk',
      '--until-red',
      '--needs',
      needs.join(),
    ],
    (line) => {
      found ??= /^seed (\d+): (.*)$/.exec(line)
      seeds = Number(/^\d+ s: (\d+) seeds/.exec(line)?.[1] ?? seeds)
    },
  )
  const [, seed, violation] = found ?? []
  return { violation, seed: Number(seed), seeds, seconds: (performance.now() - start) / 1000 }
}

/** The simulator of the copy. It ends with this process. */
function run(
  folder: string,
  args: readonly string[],
  onLine: (line: string) => void,
): Promise<void> {
  const command = [join(folder, 'dist/test/sim/run.js'), '--lifeline', ...args]
  const child = spawn(process.execPath, command, { stdio: ['pipe', 'pipe', 'inherit'] })
  let rest = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) onLine(line)
  })
  return new Promise((resolve) => {
    child.once('close', () => resolve())
  })
}

function print(line: string): void {
  console.log(line)
}
