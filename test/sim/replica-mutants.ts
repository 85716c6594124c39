/** Bugs to plant inside replicas: what is promised too early, sent too often, or held without a bound. */
import type { Mutant } from './mutant-list.js'

export const REPLICA_MUTANTS: readonly Mutant[] = [
  {
    name: 'promise-twice',
    bug: 'a learner acknowledges an epoch that it had accepted before as if it were new to it',
    file: 'zab/following.js',
    edits: [['return this.#sendAckEpoch(false);', 'return this.#sendAckEpoch(true);']],
  },
  {
    name: 'epoch-told-early',
    bug: 'a leader tells of its epoch before its own promise is on its disk',
    file: 'zab/leading.js',
    edits: [
      [
        '        if (!journal.isDurable(ticket))\n            return;\n        for (const learner of this.#learners.all())',
        '        for (const learner of this.#learners.all())',
      ],
      [
        "if (this.#phase.kind === 'discovery' && !this.#peer.journal.isDurable(this.#phase.ticket))",
        'if (false)',
      ],
    ],
  },
  {
    name: 'vote-before-durable',
    bug: 'a database says that it has its vote before that is on its disk',
    file: 'zab/history.js',
    edits: [
      [
        'return this.#meta.voter && this.#journal.isDurable(this.#voterTicket);',
        'return this.#meta.voter;',
      ],
    ],
  },
  {
    name: 'window-forgotten',
    bug: 'a leader sends its learners everything at once, whatever they have acknowledged',
    file: 'zab/broadcast.js',
    edits: [
      [
        'if (history.bytesBetween(floor, learner.sent) >= options.windowBytes)',
        'if (history.bytesBetween(floor, learner.sent) < 0)',
      ],
    ],
  },
  {
    name: 'outstanding-forgotten',
    bug: 'a leader proposes everything at once, however much is undecided',
    file: 'replica/leadership.js',
    edits: [['isFull ? 0 : this.#outstandingMax - this.#outstanding()', 'isFull ? 0 : Infinity']],
  },
  {
    name: 'credit-forgotten',
    bug: 'a View is fed everything at once, whatever it has taken in',
    file: 'replica/view-feed.js',
    edits: [['return this.#inFlightBytes < this.#bounds.viewCreditBytes;', 'return true;']],
  },
  {
    name: 'commit-storm',
    bug: 'a leader tells its learners in every step what is decided, also when it is no news',
    file: 'zab/broadcast.js',
    edits: [['if (zxid <= learner.told)', 'if (zxid === 0)']],
  },
  {
    name: 'ping-storm',
    bug: 'a leader pings four times in a tick',
    file: 'zab/leading.js',
    edits: [
      [
        'this.#pingAt = now + options.timing.tickMs;',
        'this.#pingAt = now + options.timing.tickMs / 4;',
      ],
    ],
  },
  {
    name: 'snapshot-start-late',
    bug: 'a snapshot says that it began when it ended',
    file: 'replica/snapshot-taker.js',
    edits: [['const tail = tree.tail(start);', 'const tail = tree.tail(tree.lastZxid);']],
  },
  {
    name: 'heartbeats-unheard',
    bug: 'a leader lets sessions expire that report in time',
    file: 'replica/leadership.js',
    edits: [
      [
        'this.#leases.report(now, session, heartbeat, source, this.#leading.pings);',
        'if (heartbeat % 64 === 0) this.#leases.report(now, session, heartbeat, source, this.#leading.pings);',
      ],
    ],
  },
]
