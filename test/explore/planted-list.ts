/** Bugs to plant in the core (planted.ts), each with a space in which it must be found. */
import type { Change } from './library.js'
import type { Budget } from './row.js'

export interface Planted {
  readonly name: string
  /** What somebody might do wrong. */
  readonly bug: string
  readonly changes: readonly Change[]
  readonly space: string
  readonly budget: Partial<Budget>
}

export const PLANTED: readonly Planted[] = [
  {
    name: 'ack-newleader-early',
    bug: 'a learner acknowledges NEWLEADER before its history and its epoch are on its disk',
    changes: [
      {
        file: 'zab/following.js',
        edits: [
          [
            "if (!journal.isDurable(ticket))\n            return;\n        this.#stage = { kind: 'acked' };",
            "this.#stage = { kind: 'acked' };",
          ],
          [
            "        this.#stage = { kind: 'synchronized', ticket: this.#adoptEpoch(message) };",
            "        this.#stage = { kind: 'synchronized', ticket: this.#adoptEpoch(message) };\n        this.#ackNewLeader(this.#stage.ticket);",
          ],
        ],
      },
    ],
    space: 'new-leader',
    budget: {},
  },
  {
    name: 'voteless-counts',
    bug: 'what a wiped database says counts at once',
    changes: [
      {
        file: 'zab/peer.js',
        edits: [
          [
            'if (!voter || !this.options.voterIds.includes(member.replicaId))\n            return false;\n        return this.history.registry.matches(member.replicaId, member);',
            'return this.options.voterIds.includes(member.replicaId);',
          ],
        ],
      },
    ],
    space: 'wiped-voter',
    budget: { breaks: 1, asks: 1 },
  },
  {
    name: 'minority-decides',
    bug: 'one ack less than a majority decides',
    changes: [
      {
        file: 'zab/learners.js',
        edits: [
          [
            'return reachedByQuorum(positions, majorityOf(this.#peer.options.voterIds.length));',
            'return reachedByQuorum(positions, majorityOf(this.#peer.options.voterIds.length) - 1);',
          ],
        ],
      },
    ],
    space: 'lost-ack',
    budget: { asks: 1 },
  },
  {
    name: 'own-ack-early',
    bug: 'a leader counts its own proposals before they are on its disk',
    changes: [
      {
        file: 'zab/broadcast.js',
        edits: [
          [
            'this.#learners.reachedByQuorum(history.durableZxid, ',
            'this.#learners.reachedByQuorum(history.lastZxid, ',
          ],
        ],
      },
    ],
    space: 'lost-ack',
    budget: { asks: 1 },
  },
  {
    name: 'epoch-not-durable',
    bug: 'a leader is established before it has adopted its own epoch durably',
    changes: [
      {
        file: 'zab/leading.js',
        edits: [
          [
            'if (!journal.isDurable(ticket))\n            return;\n        if (!this.#learners.isQuorum((learner) => learner.isSynchronized',
            'if (!this.#learners.isQuorum((learner) => learner.isSynchronized',
          ],
        ],
      },
    ],
    space: 'new-leader',
    budget: {},
  },
  {
    name: 'forget-trunc',
    bug: 'a learner keeps its tail where the leader asks it to cut (TRUNC forgotten)',
    changes: [{ file: 'zab/following.js', edits: [['history.truncate(from);', ';']] }],
    space: 'synchronization',
    budget: { elections: 1 },
  },
  {
    name: 'shared-point-by-zxid',
    bug: 'the shared point of two logs is taken from their last zxids alone',
    changes: [
      {
        file: 'zab/sync-plan.js',
        edits: [
          [
            '        if (leaderEnd !== undefined)\n            return Math.min(leaderEnd, learnerEnd);',
            '        return Math.min(leaderEnds.at(-1), learnerEnd);',
          ],
        ],
      },
    ],
    space: 'synchronization',
    budget: { elections: 1 },
  },
  {
    name: 'lead-with-old-history',
    bug: 'a leader goes on although a learner has a more recent history',
    changes: [
      {
        file: 'zab/leading.js',
        edits: [['if (isNewer && this.#learners.counts(learner))', 'if (false)']],
      },
    ],
    space: 'synchronization',
    budget: { elections: 1 },
  },
  {
    name: 'duplicates-prepared',
    bug: 'a leader prepares a request again which it has seen',
    changes: [
      {
        file: 'tree/prepare.js',
        edits: [['request.cxid <= lastCxid', 'request.cxid < lastCxid']],
      },
    ],
    space: 'resubmission',
    budget: { asks: 1, breaks: 1, elections: 1 },
  },
  {
    name: 'settled-too-much',
    bug: 'when a leader is established, a replica forgets requests that the session table does not answer',
    changes: [
      {
        file: 'replica/pipeline.js',
        edits: [['this.#settle(session, known.lastCxid);', 'this.#settle(session, Infinity);']],
      },
    ],
    space: 'resubmission',
    budget: { asks: 1 },
  },
]
