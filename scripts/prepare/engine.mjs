// Installs TensorFlow's native library with the installer in src-main/engine-setup.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { projectNode, root } from './paths.mjs';
import { startProgress } from './steps.mjs';

/** File with the result of the last attempt, so that the next start does not repeat it: the engine's folder, or the error. */
const marker = join(root, 'node_modules', '.lamina-engine.json');
const tryAgainAfterMs = 24 * 3600 * 1000;

/** @typedef {{ folder: string } | { failed: string, at: number }} Outcome */

/** @returns {Outcome | null} */
function lastOutcome() {
  try {
    return JSON.parse(readFileSync(marker, 'utf8'));
  } catch {
    return null;
  }
}

/**
 * Installs the engine unless it is installed. A failure is reported with its remedy but not thrown: Lamina then
 * uses the onnx engine.
 *
 * @param {{ tryAgain?: boolean }} [options] `tryAgain`: retries also if it failed within the last day.
 * @returns {Promise<Outcome>}
 */
export async function prepareEngine({ tryAgain = false } = {}) {
  const last = lastOutcome();
  if (last && 'folder' in last && existsSync(join(last.folder, 'installed.json'))) return last;
  if (last && 'failed' in last && !tryAgain && Date.now() - last.at < tryAgainAfterMs) {
    process.stderr.write(
      '! TensorFlow is not installed, so Lamina trains with ONNX Runtime. More: npm run lamina -- doctor\n',
    );
    return last;
  }
  const outcome = await install();
  writeFileSync(marker, JSON.stringify(outcome));
  return outcome;
}

/** @returns {Promise<Outcome>} */
async function install() {
  const program = join(root, 'src-main', 'engine-setup', 'main.ts');
  const child = spawn(projectNode, [program, 'install'], { stdio: ['ignore', 'pipe', 'pipe'] });
  const progress = startProgress("Installing TensorFlow's native library", true);
  let errors = '';
  /** @type {Outcome | undefined} */
  let outcome;
  child.stderr.on('data', (chunk) => (errors += chunk));
  for await (const line of createInterface({ input: child.stdout })) {
    const { step, fraction, folder, error } = JSON.parse(line);
    if (step !== undefined) progress.update(step, fraction);
    else if (folder !== undefined) outcome = { folder };
    else if (error !== undefined) outcome = { failed: error.message, at: Date.now() };
  }
  outcome ??= { failed: errors.trim() || 'The installer ended without a message.', at: Date.now() };
  if ('folder' in outcome) progress.done();
  else {
    progress.failed();
    process.stderr.write(
      `! TensorFlow could not be installed, so Lamina trains with ONNX Runtime.\n  ${outcome.failed}\n`,
    );
  }
  return outcome;
}
