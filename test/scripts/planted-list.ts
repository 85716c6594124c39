/**
 * Bugs to plant (planted.ts), each with the script that must turn red by what it expects. Those of the simulator's list are
 * named only; the others are here, in the same shape.
 */
import { MUTANTS } from '../sim/mutant-list.js'
import type { Mutant } from '../sim/mutant-list.js'

export interface Planted {
  readonly mutant: Mutant
  /** Name of the script, without its ending. */
  readonly script: string
}

const OWN: readonly (readonly [script: string, mutant: Mutant])[] = [
  [
    'the-ack-of-newleader-means-durable',
    {
      name: 'newleader-acked-at-once',
      bug: 'a learner acknowledges NEWLEADER when it comes',
      file: 'zab/following.js',
      edits: [
        [
          "        if (!journal.isDurable(ticket))\n            return;\n        this.#stage = { kind: 'acked' };",
          "        this.#stage = { kind: 'acked' };",
        ],
        [
          '            lastZxid: history.durableZxid,\n',
          '            lastZxid: history.lastZxid,\n',
        ],
        [
          "this.#stage = { kind: 'synchronized', ticket: this.#adoptEpoch(message) };",
          'this.#ackNewLeader(this.#adoptEpoch(message));',
        ],
      ],
    },
  ],
  [
    'a-new-epoch-never-reaches-a-disk-before-its-history',
    {
      name: 'epoch-before-history',
      bug: 'a learner adopts the epoch when it promises it',
      file: 'zab/following.js',
      edits: [
        [
          'history.setMeta({ acceptedEpoch: epoch })',
          'history.setMeta({ acceptedEpoch: epoch, currentEpoch: epoch })',
        ],
      ],
    },
  ],
  [
    'an-epoch-is-promised-to-one-leader',
    {
      name: 'promise-before-persist',
      bug: 'a learner promises an epoch before that is on its disk',
      file: 'zab/following.js',
      edits: [
        [
          "if (!this.#peer.journal.isDurable(ticket))\n            return;\n        this.#stage = { kind: 'epochAcked' };\n        this.#sendAckEpoch(fresh);",
          "this.#stage = { kind: 'epochAcked' };\n        this.#sendAckEpoch(fresh);",
        ],
        [
          "this.#stage = { kind: 'epochAsked', ticket, fresh: true };",
          "this.#stage = { kind: 'epochAsked', ticket, fresh: true };\n        this.#ackEpoch(ticket, true);",
        ],
      ],
    },
  ],
  [
    'an-epoch-is-promised-to-one-leader',
    {
      name: 'epoch-told-before-persist',
      bug: 'a leader tells of its epoch before its own promise is on its disk',
      file: 'zab/leading.js',
      edits: [
        [
          "if (this.#phase.kind === 'discovery' && !this.#peer.journal.isDurable(this.#phase.ticket))\n            return;\n",
          '',
        ],
        [
          "        this.#phase = { kind: 'discovery', ticket: history.setMeta({ acceptedEpoch: this.#epoch }) };",
          "        this.#phase = { kind: 'discovery', ticket: history.setMeta({ acceptedEpoch: this.#epoch }) };\n        for (const learner of this.#learners.all()) this.#sendEpoch(learner);",
        ],
      ],
    },
  ],
  [
    'uptodate-tells-what-was-decided-meanwhile',
    {
      name: 'uptodate-of-the-beginning',
      bug: 'UPTODATE tells of the history with which the reign began, as the paper’s COMMIT-LD does',
      file: 'zab/leading.js',
      edits: [
        [
          'learner.told = Math.min(this.#peer.history.committed, learner.sent);',
          'learner.told = Math.min(this.#peer.history.committed, learner.acked) - 1;',
        ],
      ],
    },
  ],
  [
    'a-learner-in-synchronization-misses-no-proposal',
    {
      name: 'proposals-to-followers-only',
      bug: 'proposals go to those that follow already, and a learner is thought to have everything when it joins them',
      file: 'zab/learner.js',
      edits: [
        [
          "return this.stage === 'newLeaderSent' || this.isSynchronized;",
          "return this.stage === 'serving';",
        ],
      ],
      also: {
        file: 'zab/leading.js',
        edits: [
          [
            "        learner.stage = 'serving';\n",
            "        learner.stage = 'serving';\n        learner.sent = this.#peer.history.lastZxid;\n",
          ],
        ],
      },
    },
  ],
  [
    'a-gap-in-what-a-leader-sends-is-refused',
    {
      name: 'gaps-taken',
      bug: 'a learner logs what it is sent, wherever it belongs',
      file: 'zab/following.js',
      edits: [
        [
          "            if (!follows(last, zxid))\n                return this.#abandon('a gap in the proposals');\n",
          '',
        ],
      ],
      also: {
        file: 'zab/history.js',
        edits: [["assert(follows(last, entry.zxid), 'the log has no gap');", '']],
      },
    },
  ],
  [
    'an-old-entry-is-decided-by-the-new-leaders-history',
    {
      name: 'decided-when-elected',
      bug: 'a leader takes its whole log for decided as soon as it has a quorum’s promises',
      file: 'zab/leading.js',
      edits: [
        [
          'const newLeader = history.setMeta({ currentEpoch: this.#epoch });',
          'this.#peer.deliver(history.lastZxid);\n        const newLeader = history.setMeta({ currentEpoch: this.#epoch });',
        ],
      ],
    },
  ],
  [
    'an-undecided-tail-leaves-no-trace',
    {
      name: 'log-loaded-into-state',
      bug: 'a replica starts with its whole log applied, decided or not (as ZooKeeper does)',
      file: 'zab/leading.js',
      edits: [
        [
          '        this.#peer.tellOthers(undefined);\n        for (const [number, info]',
          '        this.#peer.deliver(this.#peer.history.lastZxid);\n        this.#peer.tellOthers(undefined);\n        for (const [number, info]',
        ],
      ],
    },
  ],
  [
    'nobody-takes-back-what-is-decided',
    {
      name: 'decided-cut',
      bug: 'a learner cuts what is decided, if a leader wants it so',
      file: 'zab/following.js',
      edits: [
        [
          "        if (from < history.committed)\n            return this.#abandon('a DIFF below what is decided');\n",
          '',
        ],
        [
          "this.#stage = { kind: 'diff', from, entries: [] };",
          "this.#stage = { kind: 'diff', from, entries: [] };\n        if (from < history.lastZxid) history.truncate(from);",
        ],
      ],
      also: {
        file: 'zab/history.js',
        edits: [["assert(after >= this.#committed, 'a decided txn is never truncated');", '']],
      },
    },
  ],
  [
    'a-half-received-snapshot-is-nothing',
    {
      name: 'snapshot-complete-at-its-end',
      bug: 'a snapshot counts as soon as its last slice is there, without the log and the epoch behind it',
      file: 'replica/snapshot-receiver.js',
      edits: [
        [
          '        this.#tail = tail;\n        return true;',
          "        this.#tail = tail;\n        this.#journal.write({ kind: 'resetLog', base: tail.start });\n        this.#journal.write({ kind: 'snapshotComplete', snapshot: this.#number, tail: { ...tail, end: tail.start } });\n        return true;",
        ],
      ],
    },
  ],
  [
    'a-slow-snapshot-is-progress',
    {
      name: 'slices-are-no-progress',
      bug: 'a leader’s patience runs from the beginning of a synchronization',
      file: 'zab/leading.js',
      edits: [
        ['    progressed() {\n        this.#progressAt = this.#peer.now;', '    progressed() {'],
      ],
    },
  ],
  [
    'an-old-copy-of-a-database-has-no-vote',
    {
      name: 'old-copies-vote',
      bug: 'a database that was put back from a copy keeps its vote',
      file: 'zab/registry-log.js',
      edits: [
        [
          'if (incarnation > newest.incarnation)\n        return false;',
          'if (incarnation >= 0)\n        return false;',
        ],
      ],
    },
  ],
  [
    'the-end-of-a-counter-begins-a-new-epoch',
    {
      name: 'counter-runs-over',
      bug: 'a leader goes on when the counter of its epoch is used up',
      file: 'zab/leading.js',
      edits: [
        [
          'return epochOf(next) === this.#epoch && counterOf(next) <= this.#peer.options.counterMax;',
          'return next > 0;',
        ],
      ],
    },
  ],
  [
    'a-rumour-is-no-vote',
    {
      name: 'rumours-count',
      bug: 'a candidate is whom somebody votes for, and needs no vote of its own',
      file: 'zab/looking.js',
      edits: [
        [
          'if (vote.leader !== id || id === this.#peer.options.id || !isEligible)',
          'if (id === this.#peer.options.id || !isEligible)',
        ],
      ],
      also: {
        file: 'zab/election.js',
        edits: [
          ['    if (!supporters.includes(vote.leader))\n        return false;\n', ''],
          [' && voting.includes(vote.leader)', ''],
        ],
      },
    },
  ],
  [
    'a-leader-that-is-not-heard-is-left',
    {
      name: 'silence-is-no-sign',
      bug: 'a follower waits for its leader for ever',
      file: 'zab/following.js',
      edits: [
        [
          'return heardAt + (this.isServing ? silenceMs : initMs);',
          'return this.isServing ? Infinity : heardAt + initMs;',
        ],
      ],
    },
  ],
  [
    'an-observer-makes-no-majority',
    {
      name: 'observers-count',
      bug: 'whoever acknowledges counts, voter or not',
      file: 'zab/learners.js',
      edits: [
        [
          'return this.#peer.counts(learner.link.member, learner.voter);',
          'return learner.link.member.role === "observer" || this.#peer.counts(learner.link.member, learner.voter);',
        ],
      ],
    },
  ],
  [
    'a-fuzzy-snapshot-is-exact-at-its-end',
    {
      name: 'replay-from-the-end',
      bug: 'a snapshot is taken for the state at its end, and the log is replayed from there only',
      file: 'replica/load.js',
      edits: [
        [
          'if (entry.zxid > tail.start && entry.zxid <= tail.end)',
          'if (entry.zxid > tail.end - 1 && entry.zxid <= tail.end)',
        ],
      ],
    },
  ],
  [
    'the-log-waits-for-a-snapshot-on-its-way',
    {
      name: 'log-trimmed-under-a-snapshot',
      bug: 'a leader trims the log behind a snapshot that is on its way',
      file: 'replica/snapshots.js',
      edits: [['this.#transfers.pinned(history)', 'Infinity']],
    },
  ],
  [
    'a-lease-is-confirmed-by-a-quorum',
    {
      name: 'earlier-pings-confirm',
      bug: 'a heartbeat is confirmed by answers to a ping that was sent before it came',
      file: 'replica/leases.js',
      edits: [['ping: pings + 1', 'ping: pings']],
    },
  ],
  [
    'a-leaders-own-pause-expires-nobody',
    {
      name: 'own-pause-counts',
      bug: 'a leader counts the time in which it did not run against the sessions',
      file: 'replica/leases.js',
      edits: [['lease.since += delayMs;', 'lease.since += 0 * delayMs;']],
    },
  ],
  [
    'ephemerals-end-with-their-incarnation',
    {
      name: 'old-sessions-stay',
      bug: 'the sessions of a replica’s last opening wait for their timeout, or for ever',
      file: 'replica/leadership.js',
      edits: [
        [
          'this.#closeAllOf(member.replicaId, known.incarnation.incarnationKey);',
          'known.incarnation.incarnationKey;',
        ],
      ],
      also: {
        file: 'tree/prepare.js',
        edits: [['predecessorSessions(overlay, member).map(', '[].map(']],
      },
    },
  ],
  [
    'a-state-that-differs-is-loaded-again',
    {
      name: 'digests-not-compared',
      bug: 'a replica does not look at the digest in a txn',
      file: 'tree/tree.js',
      edits: [['if (this.digest !== txn.digest)', 'if (false)']],
    },
  ],
  [
    'a-formation-that-stops-half-way-begins-again',
    {
      name: 'majority-forms',
      bug: 'a majority of empty voters forms a cluster',
      file: 'zab/learners.js',
      edits: [
        [
          'return empty.size === options.voterIds.length;',
          'return empty.size >= majorityOf(options.voterIds.length);',
        ],
      ],
      also: {
        file: 'zab/election.js',
        edits: [
          [
            'supporters.length === voterIds.length &&',
            'supporters.length >= majorityOf(voterIds.length) &&',
          ],
        ],
      },
    },
  ],
  [
    'who-reaches-too-few-does-not-stand',
    {
      name: 'everybody-stands',
      bug: 'a voter stands for election that reaches no majority',
      file: 'zab/looking.js',
      edits: [
        [
          'return this.#hasBallot() && this.#reachable().length >= majorityOf(voterIds.length);',
          'return this.#hasBallot() && voterIds.length > 0;',
        ],
      ],
    },
  ],
  [
    'a-snapshot-that-cannot-be-costs-its-link',
    {
      name: 'any-snapshot-taken',
      bug: 'a learner takes a snapshot of the time before what it has decided',
      file: 'zab/following.js',
      edits: [['if (end < this.#peer.history.committed)', 'if (false)']],
      also: {
        file: 'zab/history.js',
        edits: [
          [
            "assert(committed >= this.#committed, 'a snapshot never takes a decided txn back');",
            '',
          ],
        ],
      },
    },
  ],
  [
    'power-may-fail-at-every-step-of-a-synchronization',
    {
      name: 'diff-written-as-it-comes',
      bug: 'a learner writes what it is sent with DIFF at once, and the epoch later',
      file: 'zab/following.js',
      edits: [
        [
          'return this.#collect(stage.entries, stage.from, entries);',
          'return void this.#peer.history.append(entries);',
        ],
        [
          "const last = stage.entries.at(-1)?.zxid ?? (stage.kind === 'diff' ? stage.from : stage.start);",
          "const last = stage.kind === 'diff' ? this.#peer.history.lastZxid : (stage.entries.at(-1)?.zxid ?? stage.start);",
        ],
        [
          '            this.#adoptDiff(stage.from, stage.entries);',
          '            this.#peer.count("diffs");',
        ],
      ],
    },
  ],
  [
    'a-reload-forgets-nothing-of-the-present-owner',
    {
      name: 'reload-ends-the-owner',
      bug: 'a replica that applies an attachment again drops what its View has asked for since',
      file: 'replica/pipeline.js',
      edits: [['this.#ended(body.session, zxid)', 'this.#ended(body.session, Infinity)']],
    },
  ],
  [
    'an-attachment-takes-effect-once',
    {
      name: 'attachment-asked-once',
      bug: 'a replica asks a new leader for new sessions again, and not for those that are to be attached',
      file: 'replica/pipeline.js',
      edits: [
        [
          'return [...this.#creations.values(), ',
          'return [...[...this.#creations.values()].filter((each) => each.attach === undefined), ',
        ],
      ],
    },
  ],
]

/** Mutants of the simulator's list, and the scripts that tell their story. */
const SHARED: readonly (readonly [script: string, name: string])[] = [
  ['an-ack-means-on-this-disk', 'ack-before-persist'],
  ['one-alone-answers-after-its-disk', 'ack-own-before-persist'],
  ['an-old-entry-is-decided-by-the-new-leaders-history', 'minority-commits'],
  ['the-longest-log-is-cut-where-histories-part', 'forget-trunc'],
  ['a-cut-over-several-epochs-ends-at-the-shared-one', 'shared-point-by-zxid'],
  ['an-old-entry-is-decided-by-the-new-leaders-history', 'lead-with-old-history'],
  ['of-two-links-the-newer-counts', 'old-link-kept'],
  ['a-wiped-voter-elects-nobody', 'voteless-counts'],
  ['a-stale-leader-gets-no-help-from-a-wiped-voter', 'voteless-counts'],
  ['a-damaged-log-is-refilled-not-cut', 'voteless-counts'],
  ['a-request-takes-effect-once-whoever-leads', 'no-resubmission'],
  ['nothing-is-created-in-a-session-that-is-closing', 'ephemerals-stay'],
  ['a-wiped-majority-forms-nothing', 'voteless-counts'],
  ['a-new-leader-gives-every-session-its-full-timeout', 'half-a-timeout'],
  ['an-answer-comes-also-with-a-snapshot', 'snapshot-without-sessions'],
  ['a-cut-is-as-durable-as-what-follows', 'forget-trunc'],
  ['an-observer-makes-no-majority', 'apply-before-commit'],
  ['who-has-lost-a-session-asks-in-vain', 'no-fence'],
  ['of-two-who-attach-a-session-one-has-it', 'attach-whoever-asks'],
  ['a-remote-session-ends-by-silence-alone', 'remote-dies-with-its-process'],
  ['a-remote-session-ends-by-silence-alone', 'attached-unheard'],
  ['a-session-that-is-attached-in-time-lives', 'attached-unheard'],
]

export const PLANTED: readonly Planted[] = [
  ...OWN.map(([script, mutant]) => ({ script, mutant })),
  ...SHARED.map(([script, name]) => ({ script, mutant: shared(name) })),
]

function shared(name: string): Mutant {
  const mutant = MUTANTS.find((each) => each.name === name)
  if (mutant === undefined) throw new Error(`the simulator's list has no ${name}`)
  return mutant
}
