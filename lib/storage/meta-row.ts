/** The row of durable variables: who this database belongs to, and what consensus must not forget. */
import type Database from 'better-sqlite3'
import type { Meta, Registry } from '../zab/entry.js'
import { checksumOfRow } from './checksum.js'
import type { StorageIdentity } from './storage.js'

export interface MetaRow extends StorageIdentity {
  readonly meta: Meta
  /** Of the last opening. */
  readonly incarnation: number
  /** Why the database before this one was given up; kept until this one has a vote again. */
  readonly damage: string | undefined
  /** Closed in good order: the WAL is empty. If not, a WAL that is missing took commits with it. */
  readonly clean: boolean
}

interface Row {
  readonly cluster_id: string
  readonly replica_id: number
  readonly voter_ids: string
  readonly database_id: string
  readonly voter: number
  readonly incarnation: number
  readonly accepted_epoch: number
  readonly current_epoch: number
  readonly registry: string
  readonly damage: string | null
  readonly clean: number
}

/** Fresh durable variables: no cluster, no vote, no promises. */
export function emptyMeta(clusterId: string, databaseId: string): Meta {
  return {
    clusterId,
    databaseId,
    voter: false,
    acceptedEpoch: 0,
    currentEpoch: 0,
    registry: { asOf: 0, voters: [] },
  }
}

export function writeMeta(database: Database.Database, value: MetaRow): void {
  const row = toRow(value)
  database
    .prepare(
      `INSERT OR REPLACE INTO meta (id, cluster_id, replica_id, voter_ids, database_id, voter, incarnation,
         accepted_epoch, current_epoch, registry, damage, clean, crc)
       VALUES (1, @cluster_id, @replica_id, @voter_ids, @database_id, @voter, @incarnation,
         @accepted_epoch, @current_epoch, @registry, @damage, @clean, @crc)`,
    )
    .run({ ...row, crc: checksumOfRow(valuesOf(row)) })
}

/** `undefined` if there is no such row or its checksum is wrong. */
export function readMeta(database: Database.Database): MetaRow | undefined {
  const row = database.prepare('SELECT * FROM meta WHERE id = 1').get() as
    | (Row & { readonly crc: number })
    | undefined
  if (row === undefined || row.crc !== checksumOfRow(valuesOf(row))) return undefined
  return {
    replicaId: row.replica_id,
    voterIds: JSON.parse(row.voter_ids) as number[],
    meta: {
      clusterId: row.cluster_id,
      databaseId: row.database_id,
      voter: row.voter === 1,
      acceptedEpoch: row.accepted_epoch,
      currentEpoch: row.current_epoch,
      registry: JSON.parse(row.registry) as Registry,
    },
    incarnation: row.incarnation,
    damage: row.damage ?? undefined,
    clean: row.clean === 1,
  }
}

function toRow({ meta, replicaId, voterIds, incarnation, damage, clean }: MetaRow): Row {
  return {
    cluster_id: meta.clusterId,
    replica_id: replicaId,
    voter_ids: JSON.stringify(voterIds),
    database_id: meta.databaseId,
    voter: meta.voter ? 1 : 0,
    incarnation,
    accepted_epoch: meta.acceptedEpoch,
    current_epoch: meta.currentEpoch,
    registry: JSON.stringify(meta.registry),
    damage: damage ?? null,
    clean: clean ? 1 : 0,
  }
}

/** The columns in the order that the checksum goes by. */
function valuesOf(row: Row): readonly unknown[] {
  return [
    row.cluster_id,
    row.replica_id,
    row.voter_ids,
    row.database_id,
    row.voter,
    row.incarnation,
    row.accepted_epoch,
    row.current_epoch,
    row.registry,
    row.damage,
    row.clean,
  ]
}
