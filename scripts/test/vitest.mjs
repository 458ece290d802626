// Runs a vitest project, or a shard of it, and counts the results.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { createInterface } from 'node:readline';
import { stripVTControlCharacters } from 'node:util';
import { projectNode, root } from '../prepare/paths.mjs';
import { elapsed } from '../prepare/steps.mjs';
import { emptyTally } from './tally.mjs';

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
    const tally = readReport(report);
    if (status !== 0 && tally.failures.length === 0) {
      tally.failures.push(`${title}: ended with status ${status} without a failed test; see the output above`);
    }
    console.log(`${tally.failures.length === 0 ? '✓' : '✗'} ${title} (${elapsed(Date.now() - startedAt)})`);
    return tally;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @typedef {{ fullName: string, status: string, failureMessages: string[] }} TestReport */
/** @typedef {{ name: string, status: string, message: string, assertionResults: TestReport[] }} FileReport */

/** @param {string} report @returns {import('./tally.mjs').Tally} */
function readReport(report) {
  if (!existsSync(report)) return emptyTally();
  /** @type {{ numPassedTests: number, numPendingTests: number, numTodoTests: number, testResults: FileReport[] }} */
  const { numPassedTests, numPendingTests, numTodoTests, testResults } = JSON.parse(readFileSync(report, 'utf8'));
  return {
    passed: numPassedTests,
    skipped: numPendingTests + numTodoTests,
    failures: testResults.flatMap(failuresOf),
  };
}

/** @param {FileReport} file */
function failuresOf({ name, status, message, assertionResults }) {
  const file = relative(root, name);
  const failed = assertionResults.filter((test) => test.status === 'failed');
  // A file that could not be loaded has no failed test, but it is a failure.
  if (failed.length === 0 && status === 'failed') return [`${file}: ${firstLine(message)}`];
  return failed.map(({ fullName, failureMessages }) => `${file}: ${fullName}: ${firstLine(failureMessages[0])}`);
}

/** @param {string | undefined} text */
function firstLine(text = '') {
  return stripVTControlCharacters(text).trim().split('\n')[0]?.slice(0, 300) ?? '';
}
