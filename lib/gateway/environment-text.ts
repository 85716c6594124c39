/** What `envi` prints: the names are ZooKeeper's where there is something to say. */
import { arch, homedir, hostname, release, tmpdir, totalmem, type, userInfo } from 'node:os'

const MIB = 1024 * 1024

export function environmentText(version: string): string {
  const { heapTotal, heapUsed } = process.memoryUsage()
  const lines = [
    'Environment:',
    `zookeeper.version=${version}`,
    `host.name=${hostname()}`,
    `node.version=${process.version}`,
    `java.version=<NA>`,
    `java.io.tmpdir=${tmpdir()}`,
    `os.name=${type()}`,
    `os.arch=${arch()}`,
    `os.version=${release()}`,
    `user.name=${userName()}`,
    `user.home=${homedir()}`,
    `user.dir=${workingDirectory()}`,
    `os.memory.free=${Math.floor((heapTotal - heapUsed) / MIB)}MB`,
    `os.memory.max=${Math.floor(totalmem() / MIB)}MB`,
    `os.memory.total=${Math.floor(heapTotal / MIB)}MB`,
  ]
  return `${lines.join('\n')}\n`
}

/** A user without an entry in the system's table has none. */
function userName(): string {
  try {
    return userInfo().username
  } catch {
    return '<NA>'
  }
}

/** The directory may have been removed. */
function workingDirectory(): string {
  try {
    return process.cwd()
  } catch {
    return '<NA>'
  }
}
