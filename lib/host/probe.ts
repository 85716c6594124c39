/**
 * Asks whether somebody lives at an address, before its slot's files are touched.
 *
 * The lock of a slot can vanish while its owner lives: POSIX takes it away when anything in that process closes
 * a descriptor of the lock file. Whoever then opens the database beside its owner resets the WAL under it, and
 * what the owner acknowledges afterwards is lost. So the socket is asked first, and listened on later.
 */
import { connect } from 'node:net'
import { parseAddress } from '../transport/address.js'

/** An address of this machine answers at once; a wrong one must not hold up the start: listening will name it. */
const ANSWER_MS_MAX = 500

/** Never rejects but for a malformed address: what cannot be told is "nobody". */
export function isAnswered(listen: string): Promise<boolean> {
  const address = parseAddress(listen)
  return new Promise((resolve) => {
    const socket =
      address.kind === 'unix' ? connect(address.path) : connect(address.port, address.host)
    let isTaken = false
    socket.setTimeout(ANSWER_MS_MAX, () => socket.destroy())
    socket.once('connect', () => {
      isTaken = true
      socket.destroy()
    })
    socket.once('error', (error) => {
      // The queue of connections is full, so there is a listener.
      isTaken = 'code' in error && error.code === 'EAGAIN'
    })
    socket.once('close', () => resolve(isTaken))
  })
}
