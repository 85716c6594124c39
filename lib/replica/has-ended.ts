/** Whether a request is of the past when its View hands it over: nobody will answer it, and its View learns why. */
import type { Request } from '../protocol/request.js'
import type { Tree } from '../tree/tree.js'

/** The session is known to have ended, or to be another View's by now. After a reload the tree may know less: then not. */
export function hasEnded(tree: Tree, request: Request): boolean {
  if (request.kind === 'createSession') {
    const { attach } = request
    return attach !== undefined && isOver(tree, attach.session, attach.from)
  }
  const { session, attached = session } = request
  return isOver(tree, session, attached)
}

function isOver({ sessions, lastZxid }: Tree, session: number, attached: number): boolean {
  return attached <= lastZxid && sessions.get(session)?.attached !== attached
}
