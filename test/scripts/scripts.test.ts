/** Each script is a test: what it expects holds, and its trace is the one that somebody has read and found right. */
import test from 'ava'
import { readFileSync } from 'node:fs'
import { PLANTED } from './planted-list.js'
import { readScript, runScript, scriptNames } from './script.js'

for (const name of scriptNames()) {
  test(name.replace(/\.txt$/, '').replaceAll('-', ' '), (t) => {
    const text = readScript(name)
    const run = runScript(text)
    t.deepEqual(run.complaints, [])
    t.is(run.text, text, 'if the new trace is right: npm run scripts -- --rewrite')
  })
}

test('a script tells its guarantee before it begins', (t) => {
  for (const name of scriptNames()) t.regex(readScript(name), /^# .{20,}\n/, name)
})

test('an expectation that does not hold makes a script red', (t) => {
  const { complaints } = runScript(
    'formed 3\nexpect leader 1\nexpect not leader 3\nexpect leader 3\n',
  )
  t.deepEqual(complaints, [
    'expect leader 1: it is otherwise: leaders are [3]',
    'expect not leader 3: it is otherwise: leaders are [3]',
  ])
})

test('the same script gives the same trace', (t) => {
  const script = 'verbose\nreplicas 3\nstart 1 2 3\nsettle\nadvance 1000\nstate\n'
  t.is(runScript(script).text, runScript(script).text)
})

test('a command that makes no sense makes a script red', (t) => {
  t.is(runScript('formed 3\ncrash 4\n').complaints.length, 1)
  t.is(runScript('formed 3\nsettle down\n').complaints.length, 1)
  t.is(runScript('jump\n').complaints.length, 1)
})

for (const { mutant, script } of PLANTED) {
  test(`the bug ${mutant.name} can still be planted for ${script}`, (t) => {
    t.true(scriptNames().includes(`${script}.txt`))
    const { file, edits, also } = mutant
    for (const part of also === undefined ? [{ file, edits }] : [{ file, edits }, also]) {
      const text = readFileSync(new URL(`../../lib/${part.file}`, import.meta.url), 'utf8')
      for (const [from] of part.edits) t.is(text.split(from).length, 2, `not there once: ${from}`)
    }
  })
}
