/** Bugs to plant (mutants.ts): what somebody might do wrong, as changes of the text that the compiler writes. */

import type { FaultKind } from './faults/kinds.js'
import { FAULT_MUTANTS } from './fault-mutants.js'
import { CONSENSUS_MUTANTS } from './consensus-mutants.js'
import { REPLICA_MUTANTS } from './replica-mutants.js'
import { REMOTE_MUTANTS } from './remote-mutants.js'
import { RESULT_MUTANTS } from './result-mutants.js'

export interface Mutant {
  readonly name: string
  /** What somebody might do wrong. */
  readonly bug: string
  readonly file: string
  /** Text of the built file, which stands there once, and what it becomes. */
  readonly edits: readonly (readonly [from: string, to: string])[]
  /** Kinds of faults without which it cannot show. */
  readonly needs?: readonly (FaultKind | 'loseMajority')[]
  /** Another file in the same way: a second line of defence, or an assertion that would see the bug first. */
  readonly also?: Pick<Mutant, 'file' | 'edits'>
}

export const MUTANTS: readonly Mutant[] = [
  {
    name: 'ack-before-persist',
    bug: 'a follower acknowledges what is only on its way to the disk',
    file: 'zab/following.js',
    edits: [
      [
        'const zxid = history.durableZxid;\n        const voter',
        'const zxid = history.lastZxid;\n        const voter',
      ],
    ],
  },
  {
    name: 'ack-newleader-early',
    bug: 'a learner acknowledges NEWLEADER before its history and its epoch are on its disk',
    file: 'zab/following.js',
    edits: [
      [
        "if (!journal.isDurable(ticket))\n            return;\n        this.#stage = { kind: 'acked' };",
        "this.#stage = { kind: 'acked' };",
      ],
      ['            lastZxid: history.durableZxid,\n', '            lastZxid: history.lastZxid,\n'],
    ],
  },
  {
    name: 'ack-own-before-persist',
    bug: 'a leader counts its own proposals before they are on its disk',
    file: 'zab/broadcast.js',
    edits: [
      [
        'this.#learners.reachedByQuorum(history.durableZxid, ',
        'this.#learners.reachedByQuorum(history.lastZxid, ',
      ],
    ],
  },
  {
    name: 'minority-commits',
    bug: 'one ack less than a majority decides',
    file: 'zab/learners.js',
    edits: [
      [
        'return reachedByQuorum(positions, majorityOf(this.#peer.options.voterIds.length));',
        'return reachedByQuorum(positions, Math.max(1, majorityOf(this.#peer.options.voterIds.length) - 1));',
      ],
    ],
  },
  {
    name: 'apply-before-commit',
    bug: 'a follower applies what is proposed',
    file: 'zab/following.js',
    edits: [
      [
        '        this.#peer.history.append(entries);\n',
        "        this.#peer.history.append(entries);\n        if (stage.kind === 'broadcast') this.#peer.deliver(this.#peer.history.lastZxid);\n",
      ],
    ],
  },
  {
    name: 'forget-trunc',
    bug: 'a learner keeps its tail where the leader asks it to cut',
    file: 'zab/following.js',
    edits: [['history.truncate(from);', ';']],
  },
  {
    name: 'shared-point-by-zxid',
    bug: 'the shared point of two logs is taken from their last zxids alone',
    file: 'zab/sync-plan.js',
    edits: [
      [
        '        if (leaderEnd !== undefined)\n            return Math.min(leaderEnd, learnerEnd);',
        '        return Math.min(leaderEnds.at(-1), learnerEnd);',
      ],
    ],
  },
  {
    name: 'lead-with-old-history',
    bug: 'elections go by id alone, and a leader goes on when a learner has a more recent history',
    file: 'zab/leading.js',
    edits: [['if (isNewer && this.#learners.counts(learner))', 'if (false)']],
    also: {
      file: 'zab/election.js',
      edits: [
        [
          '    if (a.zxid !== b.zxid)\n        return a.zxid - b.zxid;\n    return a.leader',
          '    return a.leader',
        ],
      ],
    },
  },
  {
    name: 'old-link-kept',
    bug: 'a leader serves a member’s new link and goes on counting its old one',
    file: 'zab/leading.js',
    edits: [
      [
        '            if (learner.id === link.member.replicaId)\n                this.#drop(learner.link.link);',
        '',
      ],
    ],
  },
  {
    name: 'voteless-counts',
    needs: ['wipe'],
    bug: 'what a wiped database says counts at once',
    file: 'zab/peer.js',
    edits: [
      [
        'if (!voter || !this.options.voterIds.includes(member.replicaId))\n            return false;\n        return this.history.registry.matches(member.replicaId, member);',
        'return this.options.voterIds.includes(member.replicaId);',
      ],
    ],
  },
  {
    name: 'settled-too-much',
    bug: 'when a leader is established, a replica forgets requests that the session table does not answer',
    file: 'replica/pipeline.js',
    edits: [['this.#settle(session, known.lastCxid);', 'this.#settle(session, Infinity);']],
  },
  {
    name: 'resubmit-before-uptodate',
    bug: 'a replica sends its requests again when it is synchronized, not when the leader is established',
    file: 'zab/following.js',
    edits: [
      [
        '            voter: history.isVoter,\n        });\n    }\n    #onUpToDate',
        "            voter: history.isVoter,\n        });\n        this.#peer.emit({ kind: 'serving', leader: this.leader });\n    }\n    #onUpToDate",
      ],
      [
        "        this.#peer.deliver(committed);\n        this.#peer.emit({ kind: 'serving', leader: this.leader });",
        '        this.#peer.deliver(committed);',
      ],
    ],
  },
  {
    name: 'no-resubmission',
    bug: 'a replica sends a new leader only what is new',
    file: 'replica/pipeline.js',
    edits: [
      [
        '        this.#fresh = [];\n        return [...this.#creations.values(), ...[...this.#requests.values()].flat()];',
        '        return this.takeNew();',
      ],
    ],
  },
  {
    name: 'resubmission-out-of-order',
    bug: 'a replica sends its requests again in another order',
    file: 'replica/pipeline.js',
    edits: [
      [
        '...[...this.#requests.values()].flat()]',
        '...[...this.#requests.values()].flat().toReversed()]',
      ],
    ],
  },
  {
    name: 'duplicates-prepared',
    bug: 'a leader prepares a request again which it has seen',
    file: 'tree/prepare.js',
    edits: [['request.cxid <= lastCxid', 'request.cxid < lastCxid']],
  },
  {
    name: 'outcomes-not-kept',
    bug: 'the session table forgets an outcome before its View has settled it',
    file: 'tree/session-state.js',
    edits: [
      [
        '        if (settled <= this.settled)\n            return;',
        '        settled = this.lastCxid;',
      ],
    ],
  },
  {
    name: 'lease-from-confirmation',
    needs: ['pauseProcess'],
    bug: 'a lease counts from the moment at which its confirmation arrives',
    file: 'session/pulse.js',
    edits: [['core.confirm(sent);', 'core.confirm(this.now());']],
  },
  {
    name: 'half-a-timeout',
    needs: ['pauseReplica'],
    bug: 'a new leader gives the sessions that it finds half of their timeout',
    file: 'replica/leadership.js',
    edits: [
      [
        'this.#leases.open(now, id, timeoutMs);\n',
        'this.#leases.open(now - timeoutMs / 2, id, timeoutMs);\n',
      ],
    ],
  },
  {
    name: 'ephemerals-stay',
    bug: 'a session that is closed leaves the ephemerals behind that are proposed and not yet decided',
    file: 'tree/overlay.js',
    edits: [['if (!listed.has(path) && this.get(path)?.owner === id)', 'if (false)']],
    also: {
      file: 'tree/tree.js',
      edits: [
        [
          "assert(session.ephemerals.size === 0, 'a session takes all its ephemerals with it');",
          '',
        ],
      ],
    },
  },
  {
    name: 'watch-after-settling',
    bug: 'watches fire after the request is settled',
    file: 'session/view.js',
    edits: [
      [
        'this.memory.fire(applied.changes, entry.zxid);\n        this.#sessions.onTxn(entry, applied);',
        'this.#sessions.onTxn(entry, applied);\n        this.memory.fire(applied.changes, entry.zxid);',
      ],
    ],
  },
  {
    name: 'watch-stays',
    bug: 'a one-shot watch is not taken out of the table',
    file: 'tree/watches.js',
    edits: [
      [
        '            if ((modes & ONE_SHOT) !== 0)\n                this.#clear(table, path, watcher, ONE_SHOT);',
        '',
      ],
    ],
  },
  {
    name: 'no-difference',
    bug: 'a View that is caught up by a snapshot fires no watches',
    file: 'session/memory.js',
    edits: [['return difference(before, next, this.watches, next.lastZxid);', 'return [];']],
  },
  {
    name: 'read-before-write',
    bug: 'an asynchronous read does not wait for the session’s writes',
    file: 'session/session-core.js',
    edits: [
      ['if (this.#queue.length > 0)\n            return this.#wait(evaluate, signal, trace);', ''],
    ],
  },
  {
    name: 'sequence-from-count',
    bug: 'sequence numbers are taken from the number of children that there are',
    file: 'tree/prepare-operation.js',
    edits: [['sequence(parent.created)', 'sequence(parent.numChildren)']],
  },
  {
    name: 'half-a-multi',
    bug: 'a multi that fails leaves what it had done so far in the overlay',
    file: 'tree/prepare.js',
    edits: [['overlay.rollbackStage();', 'overlay.commitStage();']],
  },
  {
    name: 'snapshot-without-sessions',
    bug: 'a snapshot leaves the outcomes out that its sessions have not confirmed',
    file: 'tree/session-state.js',
    edits: [['outcomes: this.outcomes,', 'outcomes: [],']],
  },
  ...CONSENSUS_MUTANTS,
  ...RESULT_MUTANTS,
  ...FAULT_MUTANTS,
  ...REPLICA_MUTANTS,
  ...REMOTE_MUTANTS,
]
