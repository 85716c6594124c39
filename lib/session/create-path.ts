/**
 * Creating a znode together with its missing ancestors. Not a multi: everything is sent at once, in order, and what
 * others create or delete meanwhile is taken as it is.
 */
import { ZooKeeperError } from '../protocol/zookeeper-error.js'
import { parentOf } from '../protocol/path.js'
import type { CreateOperation } from '../protocol/request.js'
import { created } from './answers.js'
import type { CreateOpOptions } from './op.js'
import { createBody } from './request-body.js'
import type { Scope } from './scope.js'

/** @returns The actual path. Its arguments are checked and copied when it returns. */
export async function createPath(
  scope: Scope,
  path: string,
  data: unknown,
  options: CreateOpOptions | undefined,
  signal: AbortSignal | undefined,
): Promise<string> {
  const body = createBody(scope, path, data, options)
  const mayExist = !body.ephemeral && !body.sequential
  for (;;) {
    const missing = missingAncestors(scope, body.path)
    const all = [...missing.map((ancestor) => ancestorBody(body, ancestor)), body]
    const settled = await Promise.allSettled(
      all.map((create) => scope.submit(create, signal, created(scope))),
    )
    const last = settled.at(-1)
    if (last?.status === 'fulfilled') return last.value
    const error: unknown = last?.reason
    if (mayExist && hasCode(error, 'NODE_EXISTS')) return scope.leave(body.path)
    if (!hasCode(error, 'NO_NODE')) throw error
    // Above a namespace nothing is created: without its root's parent nothing can be.
    if (all[0]?.path === scope.prefix && hasCode(reasonOf(settled[0]), 'NO_NODE')) throw error
    for (const one of settled) {
      const reason = reasonOf(one)
      if (reason === undefined || hasCode(reason, 'NODE_EXISTS') || hasCode(reason, 'NO_NODE'))
        continue
      throw reason
    }
    // Somebody deletes what is created here, or this replica had not seen that it was deleted: by now it has.
  }
}

/** As far as this replica knows, from the top down. What it does not know yet, the ensemble says. */
function missingAncestors({ core, prefix }: Scope, path: string): string[] {
  const missing: string[] = []
  for (let ancestor = path; ancestor !== prefix && ancestor !== '/';) {
    ancestor = parentOf(ancestor)
    if (core.memory.tree.get(ancestor) !== undefined) break
    missing.unshift(ancestor)
  }
  return missing
}

function ancestorBody({ acl }: CreateOperation, path: string): CreateOperation {
  return { kind: 'create', path, data: undefined, ephemeral: false, sequential: false, acl }
}

function reasonOf(settled: PromiseSettledResult<string> | undefined): unknown {
  return settled?.status === 'rejected' ? settled.reason : undefined
}

function hasCode(error: unknown, code: ZooKeeperError['code']): boolean {
  return error instanceof ZooKeeperError && error.code === code
}
