/** The second form of `join`: members with fixed ids and addresses. */
import { join } from 'node:path'
import type { JoinOptions } from '../../lib/session/join-options.js'

/** The options of one of three members with fixed ids, each with a directory of its own, over Unix sockets. */
export function listed(dir: string, id: number): JoinOptions {
  const address = (member: number): string => `unix:${join(dir, `${member}.sock`)}`
  const peers = { 1: address(1), 2: address(2), 3: address(3) }
  return { dir: join(dir, String(id)), id, listen: address(id), peers }
}
