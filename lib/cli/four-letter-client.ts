/** Asks a server one of ZooKeeper's four-letter words, and reads the answer's lines. */
import { connect } from 'node:net'
import { Failure, EXIT } from './failure.js'
import type { Server } from './connect-string.js'

/** Longest answer that is believed. */
const ANSWER_BYTES_MAX = 16 * 1024 * 1024

/**
 * The whole answer: the server closes the connection behind it.
 *
 * @throws Failure if nobody answers within the time.
 */
export function askWord(
  { host, port, name }: Server,
  word: string,
  timeoutMs: number,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port })
    const chunks: Buffer[] = []
    let bytes = 0
    const fail = (code: string, why: string): void => {
      socket.destroy()
      reject(new Failure(EXIT.unreachable, code, `${name}: ${why}`))
    }
    const timer = setTimeout(() => fail('ETIMEDOUT', `no answer within ${timeoutMs} ms`), timeoutMs)
    socket.once('connect', () => socket.write(word))
    socket.on('data', (chunk) => {
      bytes += chunk.length
      chunks.push(chunk)
      if (bytes > ANSWER_BYTES_MAX) fail('BAD_ANSWER', 'the answer has no end')
    })
    socket.once('error', (error: NodeJS.ErrnoException) => {
      // A server may close before it has read all of what was sent; what it said counts.
      if (bytes === 0) fail(error.code ?? 'FAILED', error.message)
    })
    socket.once('close', () => {
      clearTimeout(timer)
      const answer = Buffer.concat(chunks).toString()
      if (answer === '') fail('ECONNRESET', 'the connection was closed without an answer')
      else resolve(answer)
    })
  })
}

/** `Name: value` or `name<tab>value` lines; others are left out. */
export function linesOf(answer: string): ReadonlyMap<string, string> {
  const values = new Map<string, string>()
  for (const line of answer.split('\n')) {
    const match = /^([^:\t]+)(?::\s|\t)(.*)$/.exec(line)
    if (match?.[1] !== undefined) values.set(match[1].trim(), (match[2] ?? '').trim())
  }
  return values
}
