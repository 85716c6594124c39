/**
 * The microtask queue as it was at import: a test that replaces the globals of its process (fake timers) must not stop
 * the sessions in it.
 */
export const microtask: (run: () => void) => void = queueMicrotask
