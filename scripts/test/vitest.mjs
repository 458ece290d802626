// One vitest project, counted.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { projectNode, root } from '../prepare/paths.mjs';
import { elapsed } from '../prepare/steps.mjs';

/**
 * @param {string} project
 * @param {Record<string, string>} [environment]
 * @returns {Promise<import('./tally.mjs').Tally>}
 */
export async function runTests(project, environment = {}) {
  const startedAt = Date.now();
  const folder = mkdtempSync(join(tmpdir(), 'lamina-tests-'));
  const report = join(folder, 'report.json');
  console.log(`\n${project} tests`);
  try {
    const child = spawn(
      projectNode,
      [
        join(root, 'node_modules', 'vitest', 'vitest.mjs'),
        ...['run', '--project', project, '--passWithNoTests', '--reporter=default', '--reporter=json'],
        `--outputFile.json=${report}`,
      ],
      { cwd: root, stdio: ['ignore', 'inherit', 'inherit'], env: { ...process.env, ...environment } },
    );
    const [status] = await once(child, 'close');
    const tally = countReport(report);
    // An error outside any test, or no report at all.
    if (status !== 0 && tally.failed === 0) tally.failed = 1;
    console.log(`${tally.failed === 0 ? '✓' : '✗'} ${project} tests (${elapsed(Date.now() - startedAt)})`);
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
