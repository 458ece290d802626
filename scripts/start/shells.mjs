// Starts Lamina in one of its shells and waits until it ends.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { projectNode, root } from '../prepare/paths.mjs';

/** An Electron that ends with an error within this time (ms) did not open a window. */
const startedAfterMs = 5000;

/**
 * Runs a program in the foreground: it receives interrupts, and this process waits until it ends.
 * @param {string} command @param {string[]} args
 * @returns {Promise<number>} Its exit status.
 */
function runForeground(command, args) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: root, stdio: 'inherit' });
    // A terminal also sends the interrupt to the child; this process only waits.
    process.on('SIGINT', () => {});
    for (const signal of /** @type {const} */ (['SIGTERM', 'SIGHUP'])) process.on(signal, () => child.kill(signal));
    child.on('error', (error) => {
      process.stderr.write(`${command}: ${error.message}\n`);
      resolve(127);
    });
    child.on('exit', (status, signal) => resolve(status ?? (signal === 'SIGINT' || signal === 'SIGTERM' ? 130 : 1)));
  });
}

/**
 * @param {string} electron @param {string | undefined} folder
 * @returns {Promise<number | 'did not start'>}
 */
export async function openInElectron(electron, folder) {
  const startedAt = Date.now();
  const status = await runForeground(electron, ['.', ...(folder === undefined ? [] : [folder])]);
  return status !== 0 && status !== 130 && Date.now() - startedAt < startedAfterMs ? 'did not start' : status;
}

/** @param {{ folder?: string | undefined, port?: string | undefined, 'no-open'?: boolean }} wanted */
export function openInBrowser({ folder, port, 'no-open': noOpen }) {
  return runForeground(projectNode, [
    join(root, 'out', 'main', 'browser.js'),
    ...(folder === undefined ? [] : ['--project', folder]),
    ...(port === undefined ? [] : ['--port', port]),
    ...(noOpen ? ['--no-open'] : []),
  ]);
}
