/** ZooKeeper's short names of operations, as `cons` prints them. */
import type { ClientRequest } from './jute/requests.js'

const NAMES: Readonly<Record<ClientRequest['kind'], string>> = {
  create: 'CREA',
  create2: 'CREA',
  createContainer: 'CREA',
  createTTL: 'CREA',
  delete: 'DELE',
  exists: 'EXIS',
  getData: 'GETD',
  setData: 'SETD',
  getACL: 'GETA',
  setACL: 'SETA',
  getChildren: 'GETC',
  getChildren2: 'GETC',
  sync: 'SYNC',
  ping: 'PING',
  multi: 'MULT',
  multiRead: 'MLTR',
  reconfig: 'RECO',
  checkWatches: 'CHKW',
  removeWatches: 'REMW',
  auth: 'AUTH',
  sasl: 'SASL',
  setWatches: 'SETW',
  setWatches2: 'STW2',
  getEphemerals: 'GETE',
  getAllChildrenNumber: 'GETACN',
  addWatch: 'ADDW',
  whoAmI: 'HOMI',
  closeSession: 'CLOS',
  unknown: 'NA',
}

export function shortNameOf(kind: ClientRequest['kind']): string {
  return NAMES[kind]
}
