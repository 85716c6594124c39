/** The list of bugs to plant follows the code: each text that it changes is there, once, in what the compiler wrote. */
import test from 'ava'
import { readFileSync } from 'node:fs'
import { PLANTED } from './planted-list.js'
import { PROPERTIES } from './property/all.js'

for (const { name, recipe, file, edits } of PLANTED) {
  test(`the bug ${name} can still be planted`, (t) => {
    t.true(PROPERTIES.some((property) => property.name === recipe))
    const text = readFileSync(new URL(`../../lib/recipes/${file}`, import.meta.url), 'utf8')
    for (const [from] of edits) {
      t.is(text.split(from).length, 2, `update test/recipes/planted-list.ts: ${from}`)
    }
  })
}
