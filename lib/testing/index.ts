/// <reference types="node" preserve="true" />
/** The door of `vivarium/testing`: ensembles in memory, for tests of applications. */
export { ensemble } from './ensemble.js'
export type { Ensemble } from './ensemble.js'
export type { EnsembleOptions, ReplicaJoinOptions, UntilOptions } from './ensemble-options.js'
