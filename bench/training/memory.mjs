// `npm run bench:memory -- [--epochs N] [--engine NAME]` (Linux)
//
// Measures the resident memory of the trainer process after every epoch of a run of the MLP. Fails
// if it grows by 5 % or more after the second epoch.
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { prepareBuild } from '../../scripts/prepare/build.mjs';
import { projectNode, root } from '../../scripts/prepare/paths.mjs';
import { writeData } from './data.mjs';
import { networks } from './networks.mjs';
import { writeProject } from './project.mjs';

const { values } = parseArgs({
  options: { epochs: { type: 'string', default: '100' }, engine: { type: 'string', default: 'tensorflow' } },
});
const status = (pid) => readFileSync(`/proc/${pid}/status`, 'utf8');

/** The trainer process, a child of the command line. */
function childOf(parent) {
  return readdirSync('/proc').find((pid) => {
    try {
      return /^\d+$/.test(pid) && Number(/PPid:\s+(\d+)/.exec(status(pid))[1]) === parent;
    } catch {
      return false; // It ended meanwhile.
    }
  });
}

await prepareBuild();
const folder = writeProject('mlp');
const data = mkdtempSync(join(tmpdir(), 'lamina-bench-data-'));
try {
  writeData(data, networks.mlp);
  const cli = join(root, 'out', 'main', 'cli.js');
  const options = ['--source', data, '--epochs', values.epochs, '--engine', values.engine, '--json'];
  const child = spawn(projectNode, [cli, 'train', folder, ...options], { stdio: ['ignore', 'pipe', 'ignore'] });
  const megabytes = [];
  for await (const line of createInterface({ input: child.stdout })) {
    const pid = JSON.parse(line).event === 'epoch' ? childOf(child.pid) : undefined;
    if (pid !== undefined) megabytes.push(Number(/VmRSS:\s+(\d+)/.exec(status(pid))[1]) / 1024);
  }
  const later = megabytes.slice(2);
  const growth = Math.max(...later) / Math.max(...megabytes.slice(0, 2)) - 1;
  const shown = (value) => `${value.toFixed(0)} MB`;
  console.log(`${values.engine}, ${megabytes.length} epochs: ${shown(megabytes[1])} after two epochs,`);
  console.log(`at most ${shown(Math.max(...later))} later, ${shown(megabytes.at(-1))} at the end`);
  console.log(`growth after the first two epochs: ${(growth * 100).toFixed(1)} %`);
  if (!(growth < 0.05)) process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
  rmSync(data, { recursive: true, force: true });
}
