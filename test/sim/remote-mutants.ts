/** Bugs to plant in what is new for sessions of remote clients, and for znodes that are not everybody's or do not stay. */
import type { Mutant } from './mutant-list.js'

export const REMOTE_MUTANTS: readonly Mutant[] = [
  {
    name: 'attach-whoever-asks',
    bug: 'a session is attached whoever has it, not only from the View that it was known to have',
    file: 'tree/prepare.js',
    edits: [['overlay.attachedOf(attach.session) !== attach.from || ', '']],
  },
  {
    name: 'no-fence',
    bug: 'a leader goes on taking requests of a View whose session was attached since',
    file: 'tree/prepare.js',
    edits: [
      [
        'lastCxid === undefined || overlay.attachedOf(session) !== attached',
        'lastCxid === undefined',
      ],
    ],
  },
  {
    name: 'outcomes-stay-proposed',
    bug: 'a leader forgets to drop what came of a session’s requests when it is attached',
    file: 'tree/overlay-session.js',
    edits: [['        this.#outcomesDigest = 0;\n        this.#proposed = [];\n', '']],
  },
  {
    name: 'count-goes-on',
    bug: 'requests of an attached session are counted on, in the table, from where its former View was',
    file: 'tree/session-state.js',
    edits: [['        this.lastCxid = 0;\n        this.settled = 0;\n', '']],
    also: {
      file: 'tree/overlay-session.js',
      edits: [['        this.#lastCxid = 0;\n        this.#settled = 0;\n', '']],
    },
  },
  {
    name: 'remote-dies-with-its-process',
    bug: 'a remote session ends with the process of its View',
    file: 'replica/leadership.js',
    edits: [['!isRemote && origin.replica === replica', 'origin.replica === replica']],
    needs: ['crash'],
  },
  {
    name: 'attached-unheard',
    bug: 'the timeout of a session that is attached is not counted anew',
    file: 'replica/leadership.js',
    edits: [
      ['this.#leases.touch(now, request.attach.session);', ';'],
      ['this.#leases.touch(now, body.session);', ';'],
    ],
    // Its View would tell of it at once, which mostly comes in time.
    also: {
      file: 'session/remote-core.js',
      edits: [['\n    #touched = true;', '\n    #touched = false;']],
    },
  },
  {
    name: 'moved-unnoticed',
    bug: 'a View that is caught up by a snapshot keeps a session that was attached elsewhere',
    file: 'session/view-sessions.js',
    edits: [["core.end('moved', MOVED, refusalError(MOVED));\n            }", '}']],
  },
  {
    name: 'moved-untold',
    bug: 'a View drops a session that was attached elsewhere, and tells nobody',
    file: 'session/view-sessions.js',
    edits: [
      [
        "this.own.get(session)?.end('moved', MOVED, refusalError(MOVED));",
        'this.own.delete(session);',
      ],
    ],
  },
  {
    name: 'remote-read-early',
    bug: 'a remote client’s read does not wait for its requests',
    file: 'session/remote-core.js',
    edits: [['if (this.#queue.length === 0)', 'if (this.#queue.length >= 0)']],
  },
  {
    name: 'permission-of-the-parent',
    bug: 'to create a child, permission to write to its parent is asked for',
    file: 'tree/prepare-operation.js',
    edits: [['parent.acl, PERMS.CREATE', 'parent.acl, PERMS.WRITE']],
  },
  {
    name: 'acl-by-version',
    bug: 'a list of who may do what is compared with the version of the data',
    file: 'tree/prepare-operation.js',
    edits: [
      [
        'isVersion(operation.version, znode.aversion)',
        'isVersion(operation.version, znode.version)',
      ],
    ],
  },
  {
    name: 'told-to-everybody',
    bug: 'who may not read a znode hears of its changes',
    file: 'session/session-watches.js',
    edits: [['if (readers === undefined || mayDo(', 'if (readers !== null || mayDo(']],
  },
  {
    name: 'lives-since-birth',
    bug: 'a time to live counts from the creation, whatever was written since',
    file: 'tree/expired.js',
    edits: [['const age = wall - znode.mtime;', 'const age = wall - znode.ctime;']],
  },
  {
    name: 'quota-without-itself',
    bug: 'a quota on znodes lets one more in than it should',
    file: 'tree/quotas.js',
    edits: [['quota.count + count > countHardLimit', 'quota.count > countHardLimit']],
  },
]
