/// <reference types="node" preserve="true" />
/** The door of `vivarium/gateway`: ZooKeeper's client protocol, for existing clients and tools. */
export type { Gateway } from './gateway.js'
export type { GatewayOptions } from './options.js'
export type { ConnectionReport } from './report.js'
export { serve } from './serve.js'
