// What `npm test` runs: three projects, by turns where they must not disturb each other. No test is
// tried twice and none sleeps; the timeouts are only there so that a test that waits for ever ends.

import { execFileSync } from 'node:child_process'
import { defineConfig } from 'vitest/config'
import { BaseSequencer } from 'vitest/node'
import type { TestSpecification } from 'vitest/node'

// Peers in Node run what was bundled of what was compiled: it must be as new. `tsc` alone does not see to that.
execFileSync(process.execPath, ['scripts/bundle.mjs'], { cwd: import.meta.dirname, stdio: 'inherit' })

/** Tests of real peers wait for those that keep this machine's cores busy. */
const turns = { together: 0, real: 1 }

/** One per core on the smallest machine that this is to pass on, and twice that where tests wait for processes. */
const workers = 2
const waiters = 4

/** Of those that run together these take longest. Begun last, one of them would run alone at the end. */
const longest = [
  'churn/churn.test.ts',
  'churn/churn-on.test.ts',
  'processes/examples.test.ts',
  'processes/jobs.test.ts',
  'browser/dragon.test.ts',
  'browser/page-to-page.test.ts',
  'browser/demo-page.test.ts',
  'processes/invites.test.ts',
  'processes/command.test.ts',
  'processes/deaths.test.ts',
  'processes/idle.test.ts',
  'processes/drain.test.ts',
  'processes/wrong-programs.test.ts',
]

/**
 * Vitest begins with what took long the last time; on a fresh clone it knows only how large a file is. Where a file of one
 * project follows another's it ends the process with all that is loaded there, so projects come one after the other.
 */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isLong = ({ moduleId }: TestSpecification): boolean => longest.some((name) => moduleId.endsWith(name))
    const sorted = await super.sort(files)
    const ofAll = [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))]
    const projects = new Set(ofAll.map(({ project }) => project))
    return [...projects].flatMap((of) => ofAll.filter(({ project }) => project === of))
  }
}

/** What is built is taken as Node takes it: to transform its modules again would cost more than many a test. */
const server = { deps: { external: [/\/packages\/[^/]+\/dist\//] } }

export default defineConfig({
  test: {
    passWithNoTests: true,
    reporters: ['default'],
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        test: {
          name: 'unit',
          server,
          // A process for each file would cost more than what most of them test.
          isolate: false,
          include: [
            'packages/*/test/**/*.test.ts',
            'demo/test/**/*.test.ts',
            'bench/test/**/*.test.ts',
            'tests/tidy/**/*.test.ts',
          ],
          testTimeout: 30_000,
          hookTimeout: 30_000,
          maxWorkers: workers,
          sequence: { groupOrder: turns.together },
        },
      },
      {
        // Named situations of a few simulated peers, and seeded runs of whole simulated meshes. The machine has no state of
        // its own, so that one load of it does for all, and what V8 makes of it in the first ten seconds does as well.
        test: {
          name: 'simulated',
          server,
          include: ['tests/scenarios/**/*.test.ts', 'tests/churn/**/*.test.ts'],
          isolate: false,
          testTimeout: 300_000,
          maxWorkers: workers,
          sequence: { groupOrder: turns.together },
        },
      },
      {
        // Real peers: in processes of their own, killed and frozen, and in pages of a real browser with Node peers beside them.
        // Files that run in one process by turns share its browser.
        test: {
          name: 'real',
          server,
          include: ['tests/processes/**/*.test.ts', 'tests/browser/**/*.test.ts'],
          isolate: false,
          globalSetup: ['tests/browser/chromium-setup.ts'],
          testTimeout: 120_000,
          hookTimeout: 60_000,
          maxWorkers: waiters,
          sequence: { groupOrder: turns.real },
        },
      },
    ],
  },
})
