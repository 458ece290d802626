// Finds or installs a Chromium for the end-to-end tests.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { projectNode, root } from '../prepare/paths.mjs';
import { StepError, runStep } from '../prepare/steps.mjs';
import { canInstallPackages, installPackages } from './debian.mjs';

const names = [
  'chromium',
  'chromium-browser',
  'google-chrome-stable',
  'google-chrome',
  'microsoft-edge-stable',
  'microsoft-edge',
];

const places = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
  'C:\\Program Files (x86)\\Google\\Chrome\\Application\\chrome.exe',
  'C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe',
];

/** Whether the browser prints its version: a launcher can exist without its browser (Ubuntu's chromium-browser needs a snap). */
const works = (/** @type {string} */ executable) =>
  existsSync(executable) &&
  (process.platform === 'win32' || spawnSync(executable, ['--version'], { timeout: 20_000 }).status === 0);

function findInstalled() {
  const named = process.env.CHROME_PATH;
  if (named) return works(named) ? named : null;
  const folders = (process.env.PATH ?? '').split(delimiter);
  const onPath = names.flatMap((name) => folders.map((folder) => join(folder, name)));
  return [...onPath, ...places].find(works) ?? null;
}

/** The path of Playwright's Chromium, which may not be installed. */
function playwrightPath() {
  const script = "process.stdout.write(require('playwright').chromium.executablePath())";
  return spawnSync(projectNode, ['-e', script], { cwd: root, encoding: 'utf8' }).stdout;
}

/**
 * The first that exists of: `CHROME_PATH`, an installed Chromium, Chrome or Edge, Playwright's Chromium, and Debian's.
 * @returns {Promise<{ executable: string } | { missing: string }>}
 */
export async function prepareBrowser() {
  const installed = findInstalled() ?? [playwrightPath()].find(works);
  if (installed) return { executable: installed };
  if (process.env.CHROME_PATH)
    return { missing: `CHROME_PATH names '${process.env.CHROME_PATH}', which does not run.` };
  const attempts = [
    () =>
      runStep('Installing Chromium through Playwright', projectNode, [
        join(root, 'node_modules', 'playwright', 'cli.js'),
        ...['install', 'chromium'],
      ]),
    ...(canInstallPackages ? [() => installPackages(['chromium'])] : []),
  ];
  for (const attempt of attempts) {
    await attempt().catch((error) => {
      if (!(error instanceof StepError)) throw error;
    });
    const found = findInstalled() ?? [playwrightPath()].find(works);
    if (found) return { executable: found };
  }
  return { missing: 'no Chromium, Chrome or Edge was found and none could be installed. Set CHROME_PATH to one.' };
}
