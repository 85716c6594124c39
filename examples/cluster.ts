/**
 * Three processes that share a directory are an ensemble: what `npm start` shows.
 *
 * The primary only tells the story (cluster/story.ts): it starts processes, kills them, and asks. Each worker is a
 * replica (cluster/worker.ts). The exit code is 0 only if every claim of the story held.
 */
import cluster from 'node:cluster'
import { tellStory } from './cluster/story.js'
import { work } from './cluster/worker.js'

if (cluster.isPrimary) {
  try {
    await tellStory()
  } catch (error) {
    console.error(
      `\nThe story broke off: ${error instanceof Error ? error.message : String(error)}`,
    )
    process.exitCode = 1
  }
} else {
  await work()
}
