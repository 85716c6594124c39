/**
 * Runs the scripts after a build and says which are red: `node dist/test/scripts/rewrite.js [name …]`. With `--rewrite` the new
 * traces are written, but never that of a script whose expectations do not hold.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { readScript, runScript, SCRIPTS_FOLDER, scriptNames } from './script.js'

const isRewriting = process.argv.includes('--rewrite')
const isPrinting = process.argv.includes('--print')
const wanted = process.argv.slice(2).filter((word) => !word.startsWith('--'))

for (const name of scriptNames()) {
  if (wanted.length > 0 && !wanted.some((part) => name.includes(part))) continue
  const text = readScript(name)
  const run = runScript(text)
  if (isPrinting) console.log(run.text)
  for (const complaint of run.complaints) console.log(`${name}: ${complaint}`)
  if (run.complaints.length > 0) process.exitCode = 1
  else if (run.text !== text && isRewriting) {
    writeFileSync(join(SCRIPTS_FOLDER, name), run.text)
    console.log(`${name}: rewritten`)
  } else if (run.text !== text) {
    console.log(`${name}: has another trace`)
    process.exitCode = 1
  }
}
