/** A process that a test has started does not outlive it, also when the test is killed and can end nothing itself. */
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'

/** A shell that waits for the end of this process, by a pipe that closes with it, and then kills the child. */
export function endWithThisProcess(child: ChildProcess): void {
  const { pid } = child
  if (pid === undefined) return
  const guard = spawn('sh', ['-c', 'cat > /dev/null; kill -9 "$0"', String(pid)], {
    stdio: ['pipe', 'ignore', 'ignore'],
    // Signals to the group of this process are not for it.
    detached: true,
  })
  guard.unref()
  guard.on('error', () => {})
  guard.stdin?.on('error', () => {})
  // Its number may be another's by then.
  child.once('exit', () => guard.kill('SIGKILL'))
}
