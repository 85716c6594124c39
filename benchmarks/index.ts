/**
 * What `npm run bench` runs: both benchmarks, one after the other, each in a process of its own: the heap of the one
 * must not be collected in the time of the other.
 */
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

for (const name of ['read-path', 'write-path']) {
  const entry = fileURLToPath(new URL(`./${name}.js`, import.meta.url))
  const code = await new Promise((resolve) => {
    spawn(process.execPath, [entry], { stdio: 'inherit' }).once('exit', resolve)
  })
  if (code !== 0) {
    process.exitCode = 1
    break
  }
}
