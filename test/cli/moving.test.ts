// What outlives a server outlives it for the command too: it goes on at another one of its list.
import test from 'ava'
import { Child, eventually, temporaryDirectory } from '../system/support.js'
import { COMMAND, serving, startServer, vivarium } from './support.js'

test('a watch and a held ephemeral go on at another server when theirs is killed', async (t) => {
  const dir = temporaryDirectory(t)
  const args = ['--dir', dir, '--size', '3', '--client-port', '0']
  const children = [1, 2, 3].map(() => startServer(t, args))
  const [first, second] = await Promise.all(children.map((child) => serving(child)))
  if (first === undefined || second === undefined) throw new Error('three serve')
  const connect = ['--connect', `${first.address},${second.address}`]
  const run = (...words: string[]): Child => Child.start(t, COMMAND, [...words, ...connect])

  const watch = run('watch', '-r', '/')
  await eventually('the watch is set', () => watch.stderr.includes('watches /'))
  const held = run('create', '--ephemeral', '--hold', '/held')
  await eventually('the ephemeral is there', () => held.lines.includes('/held'))

  await first.child.kill()
  const there = ['--connect', second.address]
  t.is((await vivarium(['create', '/after', ...there])).code, 0)
  await eventually('the watch goes on', () => watch.lines.includes('NodeCreated /after'))
  t.is((await vivarium(['rm', '/after', ...there])).code, 0)
  await eventually('and hears all of it', () => watch.lines.includes('NodeDeleted /after'))
  t.is((await vivarium(['stat', '/held', ...there])).code, 0)
  t.false(held.isEnded)
})
