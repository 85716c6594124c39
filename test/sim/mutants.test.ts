/** The list of bugs to plant follows the code: each text that it changes is there, once, in what the compiler wrote. */
import test from 'ava'
import { readFileSync } from 'node:fs'
import { MUTANTS } from './mutant-list.js'

for (const { name, file, edits, also } of MUTANTS) {
  test(`the bug ${name} can still be planted`, (t) => {
    for (const part of also === undefined ? [{ file, edits }] : [{ file, edits }, also]) {
      const text = readFileSync(new URL(`../../lib/${part.file}`, import.meta.url), 'utf8')
      for (const [from] of part.edits) {
        t.is(text.split(from).length, 2, `update test/sim/mutant-list.ts; not there once: ${from}`)
      }
    }
  })
}
