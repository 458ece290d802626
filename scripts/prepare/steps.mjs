// Reports steps, their progress and duration. Writes to stderr only, so that stdout contains
// only the output of the program that is started afterwards.
import { spawn } from 'node:child_process';
import { once } from 'node:events';

const live = process.stderr.isTTY === true;
const columns = () => Math.max(40, process.stderr.columns ?? 120);

/** Error of a step whose output was already printed; the catcher only ends the program. */
export class StepError extends Error {}

/** @param {number} milliseconds */
export function elapsed(milliseconds) {
  const seconds = milliseconds / 1000;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
}

/**
 * Shows a line of progress: updated in place on a terminal, otherwise repeated every fifteen seconds.
 * @param {string} label
 * @param {boolean} [tellParts] Prints a line for each part of the step if there is no terminal.
 */
export function startProgress(label, tellParts = false) {
  const startedAt = Date.now();
  let part = '';
  let detail = '';
  let toldAt = startedAt;
  const tell = () => {
    const line = `  ${label} … ${elapsed(Date.now() - startedAt)}${detail && `  ${detail}`}`.slice(0, columns() - 1);
    if (live) process.stderr.write(`\r\x1b[2K${line}`);
    else if (Date.now() - toldAt >= 15_000) {
      toldAt = Date.now();
      process.stderr.write(`${line}\n`);
    }
  };
  if (!live) process.stderr.write(`  ${label} …\n`);
  const timer = setInterval(tell, live ? 200 : 1000);
  /** @param {string} mark @param {string} note */
  const end = (mark, note) => {
    clearInterval(timer);
    const line = `${mark} ${label} (${elapsed(Date.now() - startedAt)})${note && `: ${note}`}`;
    process.stderr.write(`${live ? '\r\x1b[2K' : ''}${line}\n`);
  };
  return {
    /**
     * @param {string} text The current part of the step.
     * @param {number | null} [fraction] Its progress, 0 to 1.
     */
    update(text, fraction = null) {
      if (!live && text !== part && tellParts) process.stderr.write(`    ${text}\n`);
      part = text;
      detail = fraction === null ? text : `${text} ${Math.floor(fraction * 100)} %`;
    },
    done(note = '') {
      end('✓', note);
    },
    failed(note = '') {
      end('✗', note);
    },
  };
}

/**
 * Runs a command as one step. Shows its output only if it fails.
 *
 * @param {string} label
 * @param {string} command
 * @param {string[]} args
 * @param {{ env?: NodeJS.ProcessEnv, cwd?: string }} [options]
 * @returns {Promise<string>} Its output.
 * @throws {StepError} If it cannot start or its exit status is not 0.
 */
export async function runStep(label, command, args, options = {}) {
  const progress = startProgress(label);
  let output = '';
  const child = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
  const take = (/** @type {Buffer} */ chunk) => {
    output += chunk.toString();
    const lastLine = output.trimEnd().split('\n').at(-1) ?? '';
    // eslint-disable-next-line no-control-regex -- colours of the tools' output
    progress.update(lastLine.replace(/\x1b\[[0-9;]*m/g, '').trim());
  };
  child.stdout.on('data', take);
  child.stderr.on('data', take);
  const [status] = await once(child, 'close').catch((error) => [String(error)]);
  if (status === 0) {
    progress.done();
    return output;
  }
  progress.failed();
  process.stderr.write(`${output.trimEnd()}\n${label} failed: ${command} ended with ${status}.\n`);
  throw new StepError(`${label} failed`);
}
