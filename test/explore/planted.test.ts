/** The list of bugs to plant follows the code: each text that it changes is there, once, in what the compiler wrote. */
import test from 'ava'
import { readFileSync } from 'node:fs'
import { PLANTED } from './planted-list.js'
import { SPACES } from './spaces.js'

for (const { name, changes, space } of PLANTED) {
  test(`the bug ${name} can still be planted`, (t) => {
    t.true(SPACES.some((each) => each.name === space))
    for (const { file, edits } of changes) {
      const text = readFileSync(new URL(`../../lib/${file}`, import.meta.url), 'utf8')
      for (const [from] of edits) {
        t.is(text.split(from).length, 2, `update test/explore/planted-list.ts; not once: ${from}`)
      }
    }
  })
}
