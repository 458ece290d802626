// The whole suite: the checks of the sources, the build and every project of tests, three at a time.
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { prepareBuild } from '../prepare/build.mjs';
import { prepareDependencies } from '../prepare/dependencies.mjs';
import { prepareEngine } from '../prepare/engine.mjs';
import { root } from '../prepare/paths.mjs';
import { StepError } from '../prepare/steps.mjs';
import { prepareBrowser } from './browser.mjs';
import { runChecks } from './checks.mjs';
import { prepareElectronTest } from './electron.mjs';
import { preparePeersPython } from './python.mjs';
import { addTo, conclude, emptyTally } from './tally.mjs';
import { runTests } from './vitest.mjs';

/** A job waits for processes about a third of its time, so one more than two cores keeps both busy. */
const AT_ONCE = Math.min(2, availableParallelism()) + 1;

/**
 * vitest divides files by the hashes of their paths, not by their times, so some parts take much longer than others.
 * With many parts, the other jobs run while a long one runs.
 */
const ENGINE_PARTS = 12;
const E2E_PARTS = 3;

/**
 * Installs what is missing, runs the suite and prints the failures and, as the last line, `N passed, N failed, N skipped`.
 * Tests whose requirements are missing are reported as skipped; in CI they fail.
 *
 * @param {{ portion?: 'quick' | 'ci' | 'soak', seed?: number, peers?: boolean }} [options]
 *   `portion`, `seed`: as in test/support/portion.ts. `peers`: also the comparisons with Python packages.
 */
export async function runSuite({ portion = 'quick', seed = 0, peers = false } = {}) {
  const tally = emptyTally();
  const isCi = process.env.CI === 'true';
  /** @param {string} what @param {string} why */
  const lacks = (what, why) => {
    const line = `${what}: ${why}`;
    console.log(`${isCi ? '✗' : '–'} ${line}`);
    if (isCi) tally.failures.push(line);
    else tally.skipped++;
  };
  let built = false;
  /** @param {string} project @param {Parameters<typeof runTests>[1]} [options] */
  const tests = async (project, options = {}) => {
    const environment = {
      LAMINA_TESTS: portion,
      LAMINA_SEED: String(seed),
      ...(built ? { LAMINA_PROGRAMS: join(root, 'out', 'main') } : {}),
      ...options.environment,
    };
    addTo(tally, await runTests(project, { ...options, environment }));
  };
  try {
    await prepareDependencies();
    const engine = await prepareEngine({ tryAgain: true });
    if ('failed' in engine) lacks('TensorFlow engine', engine.failed);
    /** The longest first, so that no long one is left alone at the end. @type {(() => Promise<unknown>)[]} */
    const jobs = [];
    built = await succeeds(prepareBuild());
    if (!built) tally.failures.push('build');
    if (peers && built) {
      const python = await preparePeersPython();
      jobs.push(() => tests('peers', { environment: { LAMINA_PEERS_PYTHON: python } }));
    }
    const browser = built ? await prepareBrowser() : null;
    if (browser !== null && 'missing' in browser) lacks('end-to-end tests', browser.missing);
    if (browser !== null && 'executable' in browser) {
      const environment = { LAMINA_CHROMIUM: browser.executable };
      jobs.push(...partsOf(E2E_PARTS).map((shard) => () => tests('e2e', { environment, shard })));
    }
    jobs.push(async () => addTo(tally, await runChecks(1)));
    jobs.push(() => tests('unit'));
    const electron = built ? await prepareElectronTest() : null;
    if (electron !== null && 'missing' in electron) lacks('Electron smoke test', electron.missing);
    if (electron !== null && 'environment' in electron) jobs.push(() => tests('electron', electron));
    jobs.push(...partsOf(ENGINE_PARTS).map((shard) => () => tests('engines', { shard })));
    const work = async () => {
      for (let job = jobs.shift(); job; job = jobs.shift()) await job();
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
  } catch (error) {
    if (!(error instanceof StepError)) console.error(error);
    tally.failures.push(String(error));
  }
  conclude(tally);
}

/** @param {number} count @returns {string[]} '1/2' and '2/2' for 2. */
const partsOf = (count) => Array.from({ length: count }, (_, index) => `${index + 1}/${count}`);

/** @param {Promise<unknown>} step @returns {Promise<boolean>} False if the step failed; it reported the error. */
async function succeeds(step) {
  try {
    await step;
    return true;
  } catch (error) {
    if (!(error instanceof StepError)) throw error;
    return false;
  }
}
