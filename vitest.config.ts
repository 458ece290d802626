import { svelte } from '@sveltejs/vite-plugin-svelte';
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

/**
 * unit: pure and quick, in parallel.
 * engines: native engines, data sets and whole processes; one file at a time, so that they do not fight for cores.
 * e2e: the product in a real browser. electron: the packaged product in a real Electron.
 * peers: comparisons with Python packages (`npm run test:peers`).
 */
const serial = [
  'test/engines/**',
  'test/trainer/**',
  'test/core/**',
  'test/shells/**',
  'test/runs/**',
  'test/processes/**',
  'test/system/**',
  'test/interchange/savedmodel/**',
  'test/engine-setup/**',
];
const ownProjects = ['test/e2e/**', 'test/peers/**', 'test/shells/electron/**'];

const settings = {
  // Limits for what hangs, not for what is slow: they hold on a busy machine and on a slow one.
  testTimeout: 600_000,
  hookTimeout: 600_000,
  expect: { poll: { timeout: 60_000 } },
  // Tests leave this user's cache of data alone.
  globalSetup: './test/support/data-cache.ts',
  // The processes that tests start run from the sources: half of their start would be compiling them again.
  env: { NODE_COMPILE_CACHE: join(import.meta.dirname, 'node_modules/.cache/compile') },
};

/** Starts processes, so one file at a time. */
const inTurn = { ...settings, pool: 'forks', fileParallelism: false } as const;

const tests = (folders: readonly string[]) => folders.map((folder) => `${folder}/*.test.ts`);

export default defineConfig({
  test: {
    projects: [
      {
        // The window's stores are Svelte modules.
        plugins: [svelte({ configFile: false })],
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: [...serial, ...ownProjects],
          ...settings,
        },
      },
      {
        test: {
          name: 'engines',
          include: tests(serial),
          exclude: ownProjects,
          ...inTurn,
        },
      },
      {
        test: {
          name: 'e2e',
          include: tests(['test/e2e/**']),
          ...inTurn,
        },
      },
      {
        test: {
          name: 'electron',
          include: tests(['test/shells/electron/**']),
          ...inTurn,
        },
      },
      {
        test: {
          name: 'peers',
          include: tests(['test/peers/**']),
          ...inTurn,
        },
      },
    ],
  },
});
