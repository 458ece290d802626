// One vitest project, or a shard of it, counted.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { projectNode, root } from '../prepare/paths.mjs';
import { elapsed } from '../prepare/steps.mjs';

/**
 * Its output is passed on line by line, so that projects can run in parallel.
 *
 * @param {string} project
 * @param {{ environment?: Record<string, string>, shard?: string }} [options] `shard`: '1/2', the first half of its files.
 * @returns {Promise<import('./tally.mjs').Tally>}
 */
export async function runTests(project, { environment = {}, shard } = {}) {
  const title = `${project} tests${shard === undefined ? '' : `, part ${shard}`}`;
  const startedAt = Date.now();
  const folder = mkdtempSync(join(tmpdir(), 'lamina-tests-'));
  const report = join(folder, 'report.json');
  console.log(`  ${title} …`);
  try {
    const child = spawn(
      projectNode,
      [
        join(root, 'node_modules', 'vitest', 'vitest.mjs'),
        ...['run', '--project', project, '--passWithNoTests', '--reporter=default', '--reporter=json'],
        `--outputFile.json=${report}`,
        ...(shard === undefined ? [] : [`--shard=${shard}`]),
      ],
      { cwd: root, stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...environment } },
    );
    const closed = once(child, 'close');
    for (const output of [child.stdout, child.stderr]) {
      createInterface({ input: output }).on('line', (line) => console.log(line));
    }
    const [status] = await closed;
    const tally = countReport(report);
    // An error outside any test, or no report at all.
    if (status !== 0 && tally.failed === 0) tally.failed = 1;
    console.log(`${tally.failed === 0 ? '✓' : '✗'} ${title} (${elapsed(Date.now() - startedAt)})`);
    return tally;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @param {string} report @returns {import('./tally.mjs').Tally} */
function countReport(report) {
  try {
    const { numPassedTests, numFailedTests, numPendingTests, numTodoTests, testResults } = JSON.parse(
      readFileSync(report, 'utf8'),
    );
    // A file that could not be loaded holds no test that could fail.
    const brokenFiles = testResults.filter(
      (/** @type {{ status: string, assertionResults: { status: string }[] }} */ file) =>
        file.status === 'failed' && !file.assertionResults.some(({ status }) => status === 'failed'),
    ).length;
    return { passed: numPassedTests, failed: numFailedTests + brokenFiles, skipped: numPendingTests + numTodoTests };
  } catch {
    return { passed: 0, failed: 0, skipped: 0 };
  }
}
