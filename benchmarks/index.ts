/** What `npm run bench` runs: both benchmarks, one after the other. */
import { machineLine } from './report.js'
import { benchReads } from './read-path.js'
import { benchWrites } from './write-path.js'

console.log(machineLine())
await benchReads()
await benchWrites()
