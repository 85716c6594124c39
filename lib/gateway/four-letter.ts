/**
 * What the four-letter words answer, in ZooKeeper's text: scripts and monitors parse it. Values that only a Java
 * server has are left out.
 */
import { connectionsText } from './connection-text.js'
import { dumpText, watchesByPath, watchesBySession, watchesSummary } from './dump-text.js'
import { environmentText } from './environment-text.js'
import { decimal, metricsText } from './metrics-text.js'
import { modeOf, outstandingOf } from './report.js'
import type { GatewayReport } from './report.js'
import type { Word } from './words.js'

const NOT_SERVING = 'This ZooKeeper instance is not currently serving requests\n'

export function refusedWord(word: string): string {
  return `${word} is not executed because it is not in the whitelist.\n`
}

export function answerWord(word: Word, gateway: GatewayReport): string {
  if (word === 'ruok') return 'imok'
  if (word === 'envi') return environmentText(gateway.options.version)
  if (!gateway.sessions.isServing) return word === 'isro' ? 'null' : NOT_SERVING
  return ANSWERS[word](gateway)
}

const ANSWERS: Readonly<
  Record<Exclude<Word, 'ruok' | 'envi'>, (gateway: GatewayReport) => string>
> = {
  conf: confText,
  cons: (gateway) => `${connectionsText(gateway, false)}\n`,
  crst: (gateway) => {
    gateway.resetConnections()
    return 'Connection stats reset.\n'
  },
  dirs: dirsText,
  dump: dumpText,
  hash: hashText,
  isro: () => 'rw',
  mntr: metricsText,
  srst: ({ counters }) => {
    counters.reset()
    return 'Server stats reset.\n'
  },
  srvr: (gateway) => serverText(gateway, ''),
  stat: (gateway) => serverText(gateway, `Clients:\n${connectionsText(gateway, true)}\n`),
  wchc: watchesBySession,
  wchp: watchesByPath,
  wchs: watchesSummary,
}

function serverText(gateway: GatewayReport, clients: string): string {
  const { sessions, counters, options } = gateway
  const { latencyMsMin, latencyMsAverage, latencyMsMax } = counters
  const mode = modeOf(sessions)
  return (
    `Zookeeper version: ${options.version}\n${clients}` +
    `Latency min/avg/max: ${latencyMsMin}/${decimal(latencyMsAverage)}/${latencyMsMax}\n` +
    `Received: ${counters.received}\n` +
    `Sent: ${counters.sent}\n` +
    `Connections: ${gateway.connections().length}\n` +
    `Outstanding: ${outstandingOf(gateway)}\n` +
    `Zxid: 0x${sessions.lastZxid.toString(16)}\n` +
    `Mode: ${mode}\n` +
    `Node count: ${sessions.status().znodes}\n` +
    // Sizes of proposals are not counted here: what ZooKeeper says before the first.
    (mode === 'leader' ? 'Proposal sizes last/min/max: -1/-1/-1\n' : '')
  )
}

/** What a gateway knows: files and peers are the replica's. */
function confText({ options, port, sessions }: GatewayReport): string {
  const { id, voter, voters } = sessions.status()
  const lines = [
    `clientPort=${port}`,
    `clientPortAddress=${options.host}`,
    'secureClientPort=-1',
    `tickTime=${options.tickMs}`,
    `maxClientCnxns=${options.connectionsPerAddress}`,
    `minSessionTimeout=${options.timeoutMsMin}`,
    `maxSessionTimeout=${options.timeoutMsMax}`,
    `serverId=${id}`,
  ]
  if (voters.length > 1) lines.push(`peerType=${voter ? 0 : 1}`, `members=${voters.join(',')}`)
  return `${lines.join('\n')}\n`
}

/** 0 where the replica tells no sizes. */
function dirsText({ sessions }: GatewayReport): string {
  const { databaseBytes = 0, logBytes = 0 } = sessions.metrics()
  return `datadir_size: ${databaseBytes}\nlogdir_size: ${logBytes}\n`
}

function hashText({ sessions }: GatewayReport): string {
  const { lastZxid, digest } = sessions.status()
  return `${lastZxid.toString(16)}: ${digest}\n`
}
