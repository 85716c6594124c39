/**
 * Apache ZooKeeper as Debian packages it: found, started for one test on loopback with a directory and a port of its
 * own, and ended. Not a judge of anything: the tests that use it are.
 */
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { existsSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createConnection, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { endWithThisProcess } from './guard.js'

const JAR = '/usr/share/java/zookeeper.jar'
const CLI = '/usr/share/zookeeper/bin/zkCli.sh'
const START_TIMEOUT_MS = 30_000
const STARTS = 3

/** User `super` with the password `secret`, as ZooKeeper's DigestAuthenticationProvider writes it. */
export const SUPER_DIGEST = 'super:lK75jTNcA+U9vtVEw5vB51mj/w4='

/** A server that clients may be sent to. */
export interface Server {
  readonly name: string
  readonly port: number
  /** Of its replicas, if it has several: clients are spread over them. */
  readonly ports?: readonly number[]
  stop(): Promise<void>
}

/** Why ZooKeeper cannot be started on this machine; `undefined` if it can. */
export function zooKeeperMissing(): string | undefined {
  if (!existsSync(JAR))
    return `no ${JAR}: install Debian's packages zookeeper and default-jre-headless`
  if (javaPath() === undefined) return 'no java on the path: install default-jre-headless'
  return undefined
}

/** Debian's zkCli.sh; `undefined` where the package is absent. */
export function zkCliPath(): string | undefined {
  return zooKeeperMissing() === undefined && existsSync(CLI) ? CLI : undefined
}

/** One standalone ZooKeeper that does not wait for its disk. Ends with `stop`, and at the latest with this process. */
export async function startZooKeeper(): Promise<Server> {
  let failure: unknown
  for (let start = 0; start < STARTS; start++) {
    // The port is free when it is chosen; somebody else may take it before Java does.
    try {
      return await startOnce(await freePort())
    } catch (error) {
      failure = error
    }
  }
  throw failure
}

/** What a server answers to a four-letter word. Rejects where nobody listens. */
export function fourLetterWord(port: number, word: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = ''
    const socket = createConnection({ port, host: '127.0.0.1' }, () => socket.write(word))
    socket.setEncoding('utf8')
    socket.on('data', (text) => (answer += String(text)))
    socket.on('error', reject)
    socket.on('close', () => resolve(answer))
    socket.setTimeout(5000, () => socket.destroy(new Error(`no answer to ${word}`)))
  })
}

/** A TCP port of loopback that nobody listens on at this moment. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.on('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      const port = typeof address === 'object' && address !== null ? address.port : 0
      server.close(() => resolve(port))
    })
  })
}

async function startOnce(port: number): Promise<Server> {
  const directory = mkdtempSync(join(tmpdir(), 'vivarium-zookeeper-'))
  const child = spawnJava(directory, port)
  endWithThisProcess(child)
  const gone = new Promise<void>((resolve) => {
    child.once('exit', () => resolve())
    child.once('error', () => resolve())
  })
  const stop = async (): Promise<void> => {
    child.kill('SIGKILL')
    await gone
    rmSync(directory, { recursive: true, force: true })
  }
  try {
    await untilServing(child, port, join(directory, 'log'))
  } catch (error) {
    await stop()
    throw error
  }
  return { name: 'ZooKeeper', port, stop }
}

function spawnJava(directory: string, port: number): ChildProcess {
  const configuration = join(directory, 'zoo.cfg')
  const log = openSync(join(directory, 'log'), 'a')
  writeFileSync(configuration, configurationText(directory, port))
  const java = javaPath() ?? 'java'
  return spawn(
    java,
    [...JAVA_ARGUMENTS, 'org.apache.zookeeper.server.ZooKeeperServerMain', configuration],
    {
      stdio: ['ignore', log, log],
      // Java's environment variables of the caller must not change what is compared.
      env: { PATH: process.env['PATH'] ?? '', LANG: 'C.UTF-8' },
    },
  )
}

const JAVA_ARGUMENTS: readonly string[] = [
  '-Xmx256m',
  '-XX:+UseSerialGC',
  '-XX:TieredStopAtLevel=1',
  '-Dfile.encoding=UTF-8',
  '-Dzookeeper.jmx.log4j.disable=true',
  // No container and no TTL node vanishes while a script runs.
  '-Dznode.container.checkIntervalMs=86400000',
  '-cp',
  JAR,
]

/** A zoo.cfg that either server understands; sessions end soon where a client asks for it, or never. */
export function configurationText(directory: string, port: number): string {
  const lines = [
    'tickTime=500',
    `dataDir=${join(directory, 'data')}`,
    `clientPort=${port}`,
    'clientPortAddress=127.0.0.1',
    'maxClientCnxns=0',
    'maxSessionTimeout=600000',
    '4lw.commands.whitelist=*',
    'preAllocSize=1024',
    'forceSync=no',
    'admin.enableServer=false',
    'extendedTypesEnabled=true',
    'enforceQuota=true',
    `DigestAuthenticationProvider.superDigest=${SUPER_DIGEST}`,
  ]
  return `${lines.join('\n')}\n`
}

async function untilServing(child: ChildProcess, port: number, log: string): Promise<void> {
  const end = performance.now() + START_TIMEOUT_MS
  for (;;) {
    if (child.exitCode !== null || child.signalCode !== null || performance.now() > end) {
      throw new Error(`ZooKeeper does not serve: ${readFileSync(log, 'utf8').slice(-2000)}`)
    }
    // It says imok before it takes clients.
    const answer = await fourLetterWord(port, 'srvr').catch(() => '')
    if (answer.includes('Mode: standalone')) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

function javaPath(): string | undefined {
  const directories = (process.env['PATH'] ?? '').split(delimiter)
  return directories.map((directory) => join(directory, 'java')).find((path) => existsSync(path))
}
