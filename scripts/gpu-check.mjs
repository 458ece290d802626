// `npm run gpu-check [-- OPTIONS]`: checks that the TensorFlow engine trains on this machine's GPU as on its CPU.
//
// Finds and chooses the engine as the product does; trains every network of bench/training and models of
// all families of layers, losses and optimizers for 20 steps on the GPU and on the processor and compares
// losses, evaluations and predictions (1e-4 for losses); holds all of Keras's layer fixtures against the
// GPU; trains, resumes, evaluates, predicts and exports through the command line; measures steps a second.
// Prints a line of JSON for each case, a table, and 'gpu-check: N passed, N failed'. Ends within 8 minutes.
//
//   --only A,B      cases whose names contain one of these
//   --minutes N     cases that have not started by then fail (default 8)
//   --out FILE      also writes the lines of JSON to a file
//   --allow-cpu     runs both sides on the CPU, to test the check itself
//
// Needs: Linux x86-64, an NVIDIA driver for CUDA 12 or newer; npm, Python with pip and a network for what
// `npm start` installs, on a GPU machine TensorFlow and CUDA in about 3 GB of packages.
//
// A machine without a network needs instead bash, tar, xz or Python, CUDA 12 or 13 libraries (cuBLAS,
// cuFFT, cuSOLVER, cuSPARSE, cuDNN 9 as NVIDIA's Python packages or a toolkit), 4 GB of disk, and what
// `npm run gpu-check -- pack` makes here in .gpu-check/, in parts of at most 48 MiB:
//
//   what                                                                   MB   compressed
//   TensorFlow 2.21's libraries, without symbols and other chips' kernels  1,015  151
//   Node 24, packages, the binding and its headers, CUDA 12's runtime        160   36
//
// Together 188 MB in four parts.
//
// There: `scripts/gpu-check/run.sh [.gpu-check] [-- OPTIONS]` in a copy of the working tree.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { prepareDependencies } from './prepare/dependencies.mjs';
import { prepareEngine } from './prepare/engine.mjs';
import { projectNode, root } from './prepare/paths.mjs';
import { StepError } from './prepare/steps.mjs';

const [command, ...rest] = process.argv.slice(2);
const packs = command === 'pack';

try {
  await prepareDependencies();
  if (!packs) await prepareEngine();
  const args = packs ? ['pack.ts', ...rest] : ['check.ts', ...process.argv.slice(2)];
  const [script = '', ...options] = args;
  const child = spawn(projectNode, [join(root, 'scripts', 'gpu-check', script), ...options], { stdio: 'inherit' });
  child.on('exit', (status) => {
    process.exitCode = status ?? 1;
  });
} catch (error) {
  if (!(error instanceof StepError)) throw error;
  process.exitCode = 1;
}
