/** Bugs to plant in consensus and leases, beside those of mutant-list.ts. */
import type { Mutant } from './mutant-list.js'

export const CONSENSUS_MUTANTS: readonly Mutant[] = [
  {
    name: 'commit-out-of-order',
    bug: 'what is decided at once is applied newest first',
    file: 'zab/peer.js',
    edits: [
      [
        'const entries = this.history.commit(zxid);',
        'const entries = this.history.commit(zxid).toReversed();',
      ],
    ],
  },
  {
    name: 'tree-kept-after-snap',
    bug: 'a replica that got a snapshot goes on with the tree that it had',
    file: 'replica/core.js',
    edits: [
      [
        '        this.#tree = tree;\n        this.#snapshots.installed',
        '        this.#snapshots.installed',
      ],
    ],
  },
  {
    name: 'trunc-keeps-tickets',
    bug: 'after TRUNC a learner still counts as durable what it has cut',
    file: 'zab/history.js',
    edits: [
      [
        '        this.#durable = Math.min(this.#durable, after);\n        for (const pending of this.#pending)\n            pending.last = Math.min(pending.last, after);\n    }\n    /** Replaces',
        '    }\n    /** Replaces',
      ],
      ["assert(this.#durable <= this.lastZxid, 'no more is durable than logged');", ''],
    ],
  },
  {
    name: 'leases-by-wall-clock',
    needs: ['wallJump'],
    bug: 'sessions expire by another clock than the leader’s monotonic one',
    file: 'replica/leader-side.js',
    edits: [
      ['new Leadership(now.mono, ', 'new Leadership(now.wall, '],
      ['?.applied(now.mono, ', '?.applied(now.wall, '],
      ['?.report(now.mono, ', '?.report(now.wall, '],
      ['?.expire(now.mono)', '?.expire(now.wall)'],
    ],
    also: {
      file: 'replica/core.js',
      edits: [
        [
          'this.#leader.over(link)?.report(now.mono, ',
          'this.#leader.over(link)?.report(now.wall, ',
        ],
      ],
    },
  },
  {
    name: 'heartbeats-not-counted',
    bug: 'a leader confirms heartbeats and goes on counting from the session’s beginning',
    file: 'replica/leases.js',
    edits: [
      [
        'lease.since = Math.max(lease.since, now);\n        this.#reports.push',
        'this.#reports.push',
      ],
    ],
  },
]
