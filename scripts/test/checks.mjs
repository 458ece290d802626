// Static checks of the sources. Each counts as one test.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { projectNode, root } from '../prepare/paths.mjs';
import { elapsed } from '../prepare/steps.mjs';
import { emptyTally } from './tally.mjs';

const packages = join(root, 'node_modules');
const caches = join(packages, '.cache');

/** @param {string} folder */
const types = (folder) => ({
  name: `types of ${folder}`,
  program: 'typescript/bin/tsc',
  args: ['-p', folder, '--incremental', '--tsBuildInfoFile', join(caches, `tsc-${folder.replace(/\W/g, '-')}.json`)],
});

const checks = [
  {
    name: 'types of src-renderer',
    program: 'svelte-check/bin/svelte-check',
    args: ['--tsconfig', 'src-renderer/tsconfig.json', '--fail-on-warnings', '--output', 'human'],
  },
  types('src-main'),
  types('src-shared'),
  types('test'),
  types('tsconfig.tools.json'),
  {
    name: 'lint',
    program: 'eslint/bin/eslint.js',
    args: ['.', '--max-warnings', '0', '--cache', '--cache-location', join(caches, 'eslint.json')],
  },
  {
    name: 'format',
    program: 'prettier/bin/prettier.cjs',
    args: ['--check', '--cache', '--cache-location', join(caches, 'prettier.json'), '--log-level', 'warn', '.'],
  },
  {
    name: 'folder rules',
    program: 'dependency-cruiser/bin/dependency-cruiser.mjs',
    args: [
      'src-shared',
      'src-main',
      'src-renderer',
      '--config',
      '.dependency-cruiser.mjs',
      '--output-type',
      'err-long',
    ],
  },
];

/** @param {(typeof checks)[number]} check */
function runCheck({ name, program, args }) {
  const startedAt = Date.now();
  return new Promise((resolve) => {
    let output = '';
    const child = spawn(projectNode, [join(packages, program), ...args], { cwd: root });
    child.stdout.on('data', (chunk) => (output += chunk));
    child.stderr.on('data', (chunk) => (output += chunk));
    child.on('close', (status) => {
      console.log(`${status === 0 ? '✓' : '✗'} ${name} (${elapsed(Date.now() - startedAt)})`);
      if (status !== 0) console.log(output.trimEnd());
      resolve(status === 0);
    });
  });
}

/**
 * @param {number} [atOnce] Number of checks that run in parallel.
 * @returns {Promise<import('./tally.mjs').Tally>}
 */
export async function runChecks(atOnce = 2) {
  const tally = emptyTally();
  const waiting = [...checks];
  const work = async () => {
    for (let check = waiting.shift(); check; check = waiting.shift()) {
      if (await runCheck(check)) tally.passed++;
      else tally.failures.push(check.name);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return tally;
}
