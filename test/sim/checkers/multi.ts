/**
 * A multi happens as a whole: whoever looks at several znodes in one moment, wherever and be it in the middle of a
 * watch's callback, sees each as the decided history has it at the position at which the View stands.
 */
import { formatZxid } from '../../../lib/protocol/zxid.js'
import { demand } from '../observation.js'
import type { Checker, Observation } from '../observation.js'
import type { ZnodeHistory } from '../znode-history.js'

export class MultiAtomicity implements Checker {
  readonly name = 'multi atomicity'
  readonly sees = ['glanced'] as const
  readonly #history: ZnodeHistory

  constructor(history: ZnodeHistory) {
    this.#history = history
  }

  observe(observation: Observation): void {
    if (observation.kind !== 'glanced') return
    const { where, position, znodes } = observation
    for (const { path, stat } of znodes) {
      const wanted = this.#history.stateAt(path, position)
      const isSame = stat?.czxid === wanted?.czxid && stat?.mzxid === wanted?.mzxid
      demand(isSame, this.name, () => {
        return `${where} stands at ${formatZxid(position)} and shows ${path} ${told(stat)}, not ${told(wanted)}`
      })
    }
  }
}

function told(stat: { readonly czxid: number; readonly mzxid: number } | undefined): string {
  if (stat === undefined) return 'as not there'
  return `as of ${formatZxid(stat.mzxid)}, created ${formatZxid(stat.czxid)}`
}
