// `npm run bench -- [--only resnet,lstm] [--rounds N] [--seconds S] [--python FILE]`
//
// Optimizer steps per second of Lamina's whole product path (trainer process, batches, events,
// run history), PyTorch's plain loop and Keras's fit, in turn on the same machine, and how long
// each takes from the model to its first step. Rounds are interleaved and ratios are taken within
// a round, so that a change of the machine's speed affects all peers equally. PyTorch's result is
// the faster of its two orders of axes, Keras's the faster of with and without XLA. Fails if a
// loss does not fall: steps that train nothing can be fast.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { prepareBuild } from '../../scripts/prepare/build.mjs';
import { projectNode, root } from '../../scripts/prepare/paths.mjs';
import { prepareVirtualEnvironment } from '../../scripts/test/python.mjs';
import { writeData } from './data.mjs';
import { networks } from './networks.mjs';
import { writeProject } from './project.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '10' },
    only: { type: 'string', default: Object.keys(networks).join(',') },
    python: { type: 'string' },
  },
});
const engines = ['tensorflow', 'onnx'];
/** Largest ratio of the last loss to the first. Without learning it can be 0.9: untrained models begin above ln 10. */
const FALL = 0.7;

const lines = (output) =>
  output
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
const lastLine = (output) => lines(output).at(-1);

function inProject(name, work) {
  const folder = writeProject(name);
  try {
    return work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * Steps per second of one run of `name` with the command line, in a temporary project. The first
 * epoch is warm-up, in which the engine prepares its graph and tests numbers of steps per call;
 * the peers' warm-up is not counted either.
 */
function lamina(name, engine, data) {
  const cli = join(root, 'out', 'main', 'cli.js');
  const options = ['--source', data, '--engine', engine, '--json'];
  return inProject(name, (folder) => {
    const output = execFileSync(projectNode, [cli, 'train', folder, ...options], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
      maxBuffer: 1 << 26,
    });
    const epochs = lines(output).filter(({ event }) => event === 'epoch');
    checkLoss(name, `lamina ${engine}`, epochs[0].loss, epochs.at(-1).loss);
    const counted = epochs.slice(1);
    return counted.length / counted.reduce((sum, { stepsPerSecond }) => sum + 1 / stepsPerSecond, 0);
  });
}

/** Milliseconds from the model document to the end of the first step; the library is already loaded. */
function laminaFirstStep(name, engine) {
  const output = execFileSync(projectNode, [join(here, 'first-step.mjs'), name, engine], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return lastLine(output).total;
}

function peer(python, peerName, name, data) {
  const { batchSize } = networks[name].configuration;
  const script = [join(here, 'peers.py'), peerName, name, data, String(batchSize), values.seconds, String(FALL)];
  const result = spawnSync(python, script, {
    encoding: 'utf8',
    env: { ...process.env, TF_CPP_MIN_LOG_LEVEL: '2', CUDA_VISIBLE_DEVICES: '-1' },
  });
  if (result.status !== 0) throw new Error(result.stderr);
  const measured = lastLine(result.stdout);
  checkLoss(name, peerName, measured.firstLoss, measured.lastLoss);
  return measured;
}

/** @throws Error if the loss did not fall or is not a number. */
function checkLoss(name, label, first, last) {
  if (last <= FALL * first) return;
  throw new Error(
    `Expected the loss of '${name}' in ${label} to fall to ${FALL} of its start or below; it went from ${first} to ${last}.`,
  );
}

const sorted = (numbers) => [...numbers].sort((a, b) => a - b);
const middle = (numbers) => sorted(numbers)[Math.floor(numbers.length / 2)];
const spread = (numbers, digits) => {
  const ordered = sorted(numbers);
  return `${middle(numbers).toFixed(digits)} (${ordered[0].toFixed(digits)}–${ordered.at(-1).toFixed(digits)})`;
};

function compare(python, name, data) {
  const images = networks[name].image.length === 3 || name === 'cnn';
  const families = {
    torch: ['torch', ...(images ? ['torch-channels-last'] : [])],
    keras: ['keras', 'keras-jit'],
  };
  const names = [...engines, ...families.torch, ...families.keras];
  const rates = Object.fromEntries(names.map((label) => [label, []]));
  const starts = Object.fromEntries(names.map((label) => [label, []]));
  for (let round = 0; round < Number(values.rounds); round++) {
    for (const engine of engines) {
      rates[engine].push(lamina(name, engine, data));
      starts[engine].push(laminaFirstStep(name, engine));
    }
    for (const label of [...families.torch, ...families.keras]) {
      const { stepsPerSecond, firstStepSeconds } = peer(python, label, name, data);
      rates[label].push(stepsPerSecond);
      starts[label].push(firstStepSeconds * 1000);
    }
  }
  console.log(`\n${name}: median (lowest–highest) of ${values.rounds} rounds`);
  for (const label of names) {
    const rate = spread(rates[label], 1).padEnd(26);
    console.log(`  ${label.padEnd(20)} ${rate} steps/s   first step after ${middle(starts[label]).toFixed(0)} ms`);
  }
  for (const engine of engines) {
    for (const [family, labels] of Object.entries(families)) {
      const ratios = rates[engine].map((rate, round) => rate / Math.max(...labels.map((label) => rates[label][round])));
      console.log(`  lamina ${engine} / ${family.padEnd(6)} ${spread(ratios, 2)}`);
    }
  }
}

await prepareBuild();
const python = values.python ?? (await prepareVirtualEnvironment('bench', join(here, 'requirements.txt')));
for (const name of values.only.split(',')) {
  if (networks[name] === undefined) {
    throw new Error(`Expected --only with some of ${Object.keys(networks).join(', ')}; received '${name}'.`);
  }
  const data = mkdtempSync(join(tmpdir(), 'lamina-bench-data-'));
  try {
    writeData(data, networks[name]);
    compare(python, name, data);
  } finally {
    rmSync(data, { recursive: true, force: true });
  }
}
