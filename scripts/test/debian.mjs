// Installs system packages for tests, on Debian and its derivatives as root.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { runStep } from '../prepare/steps.mjs';

export const canInstallPackages =
  process.platform === 'linux' && process.getuid?.() === 0 && existsSync('/usr/bin/apt-get');

/**
 * Newer releases renamed libraries with 64-bit times: they end in `t64`.
 * @param {string} name
 */
function nameHere(name) {
  const candidate = (/** @type {string} */ tried) =>
    /Candidate: (?!\(none\))/.test(spawnSync('apt-cache', ['policy', tried], { encoding: 'utf8' }).stdout);
  return [name, `${name}t64`].find(candidate) ?? name;
}

/** @param {string[]} packages Names as in Debian 12. */
export async function installPackages(packages) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  await runStep('Reading the list of system packages', 'apt-get', ['update', '-q'], { env });
  await runStep(
    `Installing ${packages.length === 1 ? packages[0] : `${packages.length} system packages`}`,
    'apt-get',
    ['install', '-q', '-y', '--no-install-recommends', ...packages.map(nameHere)],
    { env },
  );
}
