// `npm run --silent lamina -- …`: runs the command line; builds it first if necessary.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { prepareBuild } from './prepare/build.mjs';
import { prepareDependencies } from './prepare/dependencies.mjs';
import { projectNode, root } from './prepare/paths.mjs';
import { StepError } from './prepare/steps.mjs';

const program = join(root, 'out', 'main', 'cli.js');

try {
  await prepareDependencies();
  await prepareBuild();
  if (process.execPath === projectNode) {
    process.argv.splice(1, 1, program);
    await import(program);
  } else {
    const child = spawn(projectNode, [program, ...process.argv.slice(2)], { stdio: 'inherit' });
    for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM'])) process.on(signal, () => child.kill(signal));
    child.on('exit', (status, signal) => {
      process.exitCode = status ?? (signal === 'SIGINT' ? 130 : 1);
    });
  }
} catch (error) {
  if (!(error instanceof StepError)) throw error;
  process.exitCode = 1;
}
