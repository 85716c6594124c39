/**
 * One znode as a register: what of its state each request must have found, by what it answered, and what it leaves
 * behind. Knows no zxids: a znode is its version, its data and its owner.
 */
import type { Operation, SessionId } from '../../../lib/protocol/request.js'
import type { Specification } from './wgl.js'

/** `undefined`: there is no such znode. */
export interface Register {
  readonly znode:
    | { readonly version: number; readonly data: string; readonly owner: SessionId }
    | undefined
}

/** One operation on the znode, which succeeded. */
export interface Step {
  readonly kind: Operation['kind']
  /** What is written. */
  readonly data: string
  readonly owner: SessionId
  /** The version that it asked for; -1 for any. */
  readonly version: number
  /** The version that it was told; `undefined` if nobody knows. */
  readonly told: number | undefined
}

export type Action =
  /** Steps of one request, all of them or, if the last one failed with a code, none. */
  | { readonly kind: 'write'; readonly steps: readonly Step[]; readonly code: string }
  /** That session ended. */
  | { readonly kind: 'end'; readonly session: SessionId }
  | {
      readonly kind: 'read'
      readonly shown: { readonly version: number; readonly data: string } | undefined
    }

export const REGISTER: Specification<Register, Action> = {
  initial: { znode: undefined },
  step(state, action) {
    switch (action.kind) {
      case 'read': {
        const { znode } = state
        const { shown } = action
        const isSame = znode?.version === shown?.version && znode?.data === shown?.data
        return isSame ? state : undefined
      }
      case 'end':
        return state.znode?.owner === action.session ? { znode: undefined } : state
      case 'write':
        return write(state, action.steps, action.code)
    }
  },
  isReadOnly(action) {
    if (action.kind === 'read') return true
    if (action.kind === 'end') return false
    return action.code !== 'OK' || action.steps.every(({ kind }) => kind === 'check')
  },
  keyOf({ znode }) {
    return znode === undefined ? '-' : `${znode.version} ${znode.owner} ${znode.data}`
  },
}

function write(before: Register, steps: readonly Step[], code: string): Register | undefined {
  let state: Register = before
  for (const [index, step] of steps.entries()) {
    const isFailing = code !== 'OK' && index === steps.length - 1
    if (isFailing) return mayFail(state, step, code) ? before : undefined
    const after = succeed(state, step)
    if (after === undefined) return undefined
    state = after
  }
  return state
}

function succeed({ znode }: Register, step: Step): Register | undefined {
  const { kind, data, owner, version, told } = step
  if (kind === 'create')
    return znode === undefined ? { znode: { version: 0, data, owner } } : undefined
  if (znode === undefined) return undefined
  if (version !== -1 && version !== znode.version) return undefined
  if (kind === 'delete') return { znode: undefined }
  if (kind === 'check') return { znode }
  const next = znode.version + 1
  if (told !== undefined && told !== next) return undefined
  return { znode: { version: next, data, owner: znode.owner } }
}

/** The state may be why the operation failed so. */
function mayFail({ znode }: Register, { kind, version }: Step, code: string): boolean {
  switch (code) {
    case 'NO_NODE':
    // Of a create: the parent cannot have children, so this is not there.
    case 'NO_CHILDREN_FOR_EPHEMERALS':
      return znode === undefined
    case 'NODE_EXISTS':
    case 'NOT_EMPTY':
      return znode !== undefined
    case 'BAD_VERSION':
      return kind !== 'create' && znode !== undefined && version !== znode.version
    default:
      return true
  }
}
