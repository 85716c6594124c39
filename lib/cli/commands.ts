/** The table of commands: how each is called, and where its code is. Nothing is loaded before it is run. */
import { CONNECT_DEFAULT } from './connect-string.js'
import { JSON_OPTION } from './command.js'
import type { Command, OptionTable } from './command.js'

const CONNECT: OptionTable = {
  connect: {
    value: 'HOST:PORT,…[/PATH]',
    help: `servers to try, and a root for all paths (${CONNECT_DEFAULT})`,
  },
  timeout: { value: 'MS', help: 'wait no longer for an answer (5000)' },
}

const CLIENT: OptionTable = {
  ...CONNECT,
  auth: { value: 'SCHEME:AUTH', isList: true, help: 'who asks, as in digest:user:password' },
}

const FILES: OptionTable = {
  dir: { value: 'DIR', help: 'not a server: the files of a replica that does not run' },
  id: { value: 'N', help: 'with --dir: this replica (else the one whose log goes farthest)' },
}

const GATEWAY: OptionTable = {
  'client-port': { value: 'PORT', help: 'where clients connect (2181); 0 lets the system choose' },
  'client-address': { value: 'ADDRESS', help: 'of which clients connect to (127.0.0.1)' },
  'session-timeout': { value: 'MIN-MAX', help: 'ms that clients may ask for (4000-40000)' },
  'four-letter-words': { value: 'A,B|*', help: 'that are answered, besides srvr and isro' },
  'super-digest': { value: 'USER:HASH', help: 'who may do everything: user:base64(sha1(user:pw))' },
}

const SERVE: OptionTable = {
  dir: {
    value: 'DIR',
    help: 'of its files; processes that share it are an ensemble',
  },
  size: { value: 'N', help: 'how many of them vote (1)' },
  id: { value: 'N', help: 'with --listen and --peers: who this one is' },
  listen: { value: 'ADDRESS', help: 'for the other members, as in tcp://10.0.0.1:2888' },
  peers: { value: 'ID=ADDRESS,…', help: 'all voting members, this one included' },
  ...GATEWAY,
  'secret-file': { value: 'FILE', help: 'of the secret that members prove to each other' },
  insecure: { help: 'let members in over a network without a secret' },
  ...JSON_OPTION,
}

export const COMMANDS: readonly Command[] = [
  {
    name: 'serve',
    usage: '--dir DIR [--size N] [options]\n       vivarium serve zoo.cfg [options]',
    summary: 'run a replica that ZooKeeper’s clients can connect to',
    details: `It stays in the foreground, and says when it serves. SIGTERM and SIGINT end it cleanly; sessions of
clients stay, and move to other members. The options of a gateway override what a zoo.cfg says.`,
    options: SERVE,
    words: [0, 1],
    run: async (given, words, output) => {
      const { serve } = await import('./serve.js')
      return serve(given, words, output)
    },
  },
  {
    name: 'status',
    usage: '[options]',
    summary: 'who leads, and how each server of a list is doing',
    options: {
      ...CONNECT,
      all: { help: 'with everything that mntr tells, where it is answered' },
      ...JSON_OPTION,
    },
    words: [0, 0],
    run: async (given, _words, output) => {
      const { status } = await import('./status.js')
      return status(given, output)
    },
  },
  {
    name: 'ls',
    usage: '[options] [PATH]',
    summary: 'list the children of a znode',
    options: {
      recursive: { short: 'R', help: 'the znode and everything below it, as paths' },
      stat: { short: 's', help: 'with version, size, children, time and owner' },
      ...CLIENT,
      ...FILES,
      ...JSON_OPTION,
    },
    words: [0, 1],
    run: async (given, words, output) => {
      const { ls } = await import('./read-commands.js')
      return ls(given, words, output)
    },
  },
  {
    name: 'get',
    usage: '[options] PATH',
    summary: 'print the data of a znode',
    options: {
      stat: { short: 's', help: 'and its stat' },
      encoding: { value: 'NAME', help: 'utf8, hex, base64, or raw: the bytes and nothing else' },
      ...CLIENT,
      ...FILES,
      ...JSON_OPTION,
    },
    words: [1, 1],
    run: async (given, words, output) => {
      const { get } = await import('./read-commands.js')
      return get(given, words, output)
    },
  },
  {
    name: 'stat',
    usage: '[options] PATH',
    summary: 'print the stat of a znode',
    options: { ...CLIENT, ...FILES, ...JSON_OPTION },
    words: [1, 1],
    run: async (given, words, output) => {
      const { stat } = await import('./read-commands.js')
      return stat(given, words, output)
    },
  },
  {
    name: 'create',
    usage: '[options] PATH [DATA|-]',
    summary: 'create a znode',
    details: 'Prints the path. - reads the data from standard input.',
    options: {
      ephemeral: { short: 'e', help: 'it ends with this command: needs --hold' },
      sequential: { short: 's', help: 'with a number behind its name' },
      container: { short: 'c', help: 'deleted when its last child is gone' },
      ttl: { short: 't', value: 'MS', help: 'deleted when nobody has touched it for so long' },
      acl: { value: 'ACL', help: 'as in world:anyone:r,auth::cdrwa' },
      hold: { help: 'keep the session until interrupted' },
      ...CLIENT,
      ...JSON_OPTION,
    },
    words: [1, 2],
    run: async (given, words, output) => {
      const { create } = await import('./write-commands.js')
      return create(given, words, output)
    },
  },
  {
    name: 'set',
    usage: '[options] PATH DATA|-',
    summary: 'set the data of a znode',
    details: '- reads the data from standard input.',
    options: {
      version: { short: 'v', value: 'N', help: 'only if this is its version' },
      stat: { short: 's', help: 'print its stat afterwards' },
      ...CLIENT,
      ...JSON_OPTION,
    },
    words: [2, 2],
    run: async (given, words, output) => {
      const { set } = await import('./write-commands.js')
      return set(given, words, output)
    },
  },
  {
    name: 'rm',
    usage: '[options] PATH',
    summary: 'delete a znode',
    options: {
      recursive: { short: 'r', help: 'and everything below it first' },
      version: { short: 'v', value: 'N', help: 'only if this is its version' },
      ...CLIENT,
      ...JSON_OPTION,
    },
    words: [1, 1],
    run: async (given, words, output) => {
      const { rm } = await import('./write-commands.js')
      return rm(given, words, output)
    },
  },
  {
    name: 'watch',
    usage: '[options] PATH',
    summary: 'print what happens to a znode, until interrupted',
    options: {
      recursive: { short: 'r', help: 'and to everything below it' },
      count: { value: 'N', help: 'end after so many events' },
      ...CLIENT,
      ...JSON_OPTION,
    },
    words: [1, 1],
    run: async (given, words, output) => {
      const { watch } = await import('./watch.js')
      return watch(given, words, output)
    },
  },
  {
    name: 'inspect',
    usage: '--dir DIR [options]',
    summary: 'look into the files of replicas that do not run',
    details: `Nothing is changed: the files are copied (to where temporary files go), and the copy is read. The
database of a replica that runs is not touched.`,
    options: {
      dir: { value: 'DIR', help: 'of the files' },
      id: { value: 'N', help: 'this replica only' },
      deep: { help: 'load the snapshot, apply the log, and compare the digest at each txn' },
      ...JSON_OPTION,
    },
    words: [0, 0],
    run: async (given, _words, output) => {
      const { inspect } = await import('./inspect.js')
      return inspect(given, output)
    },
  },
]
