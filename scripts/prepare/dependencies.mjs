// The packages of package-lock.json and the project's own Node 24.
import { createHash } from 'node:crypto';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { projectNode, root } from './paths.mjs';
import { StepError, runStep } from './steps.mjs';

/** Written after the installation: the hash of the lockfile that node_modules was installed from. */
const marker = join(root, 'node_modules', '.lamina-lockfile');

function lockfileHash() {
  return createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
}

function installedHash() {
  return existsSync(marker) ? readFileSync(marker, 'utf8').trim() : '';
}

/** npm's record of installed packages, for a node_modules that was installed with npm directly. */
function npmInstalledIt() {
  const hidden = join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(hidden)) return false;
  const wanted = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages;
  const found = JSON.parse(readFileSync(hidden, 'utf8')).packages;
  return Object.entries(wanted).every(
    ([path, entry]) => path === '' || entry.optional || found[path]?.version === entry.version,
  );
}

/** Environment for npm. It must not run with the Node of the folder that it replaces. */
function npmCommand() {
  const ownBin = join(root, 'node_modules', '.bin');
  const path = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== ownBin);
  return {
    env: { ...process.env, PATH: path.join(delimiter), ONNXRUNTIME_NODE_INSTALL: 'skip' },
    cwd: root,
    shell: process.platform === 'win32',
  };
}

/** True if the project's Node is installed. */
function projectNodeWorks() {
  return existsSync(projectNode) && spawnSync(projectNode, ['--version'], { encoding: 'utf8' }).status === 0;
}

/**
 * Install scripts are disabled: older versions of npm have no `allowScripts` and would download files that
 * Lamina does not need. Only the script of the package `node` runs, which installs Node's binary as a package.
 */
export async function prepareDependencies() {
  if (installedHash() === lockfileHash()) return;
  if (!(npmInstalledIt() && projectNodeWorks())) {
    const npm = npmCommand();
    await runStep(
      'Installing packages',
      'npm',
      ['ci', '--include=dev', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'],
      npm,
    );
    if (!projectNodeWorks()) {
      await runStep("Installing the project's Node", 'npm', ['rebuild', 'node', '--ignore-scripts=false'], npm);
    }
  }
  if (!projectNodeWorks()) {
    process.stderr.write(
      `The project's Node is missing at ${projectNode} after the installation.\n` +
        `Its package fetches the binary in an install script. Run it by hand and read what it says:\n` +
        `  cd ${dirname(dirname(projectNode))} && node installArchSpecificPackage\n`,
    );
    throw new StepError('No project Node');
  }
  writeFileSync(marker, `${lockfileHash()}\n`);
}
