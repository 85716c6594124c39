/** Storage in memory keeps the contract of storage. */
import { Random } from '../../lib/base/random.js'
import { MemoryDisk, MemoryStorage } from '../../lib/storage/memory-storage.js'
import { testConformance } from './conformance.js'
import { IDENTITY } from './support.js'

testConformance('memory', () => {
  const disk = new MemoryDisk()
  const random = new Random(1)
  return (identity = IDENTITY) => new MemoryStorage(disk, identity, () => random.uint32())
})
