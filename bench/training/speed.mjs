// `npm run bench -- FOLDER_WITH_MNIST [--rounds N] [--networks mlp,cnn]`
//
// Optimizer steps per second of Lamina's whole product path (trainer process, batches, events,
// run history), PyTorch's plain loop and Keras's fit, in turn on the same machine. Rounds are
// interleaved and ratios are taken within a round, so that a change of the machine's speed
// touches all peers alike.
import { execFileSync, spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { prepareBuild } from '../../scripts/prepare/build.mjs';
import { projectNode, root } from '../../scripts/prepare/paths.mjs';
import { prepareVirtualEnvironment } from '../../scripts/test/python.mjs';
import { networks } from './networks.mjs';
import { writeProject } from './project.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '10' },
    networks: { type: 'string', default: Object.keys(networks).join(',') },
    python: { type: 'string' },
  },
});
const data = resolve(positionals[0] ?? join(root, '..', 'shared', 'data', 'mnist'));

/** Steps per second of one run of `name` through the command line, in a project made for it. */
function lamina(name, engine) {
  const folder = writeProject(name);
  try {
    const cli = join(root, 'out', 'main', 'cli.js');
    const output = execFileSync(projectNode, [cli, 'train', folder, '--source', data, '--engine', engine, '--json'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
      maxBuffer: 1 << 26,
    });
    return JSON.parse(output.trim().split('\n').at(-1)).stepsPerSecond;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Steps per second of a peer. */
function peer(python, peerName, name) {
  const result = spawnSync(python, [join(here, 'peers.py'), peerName, name, data, values.seconds], {
    encoding: 'utf8',
    env: { ...process.env, TF_CPP_MIN_LOG_LEVEL: '2' },
  });
  if (result.status !== 0) throw new Error(result.stderr);
  return JSON.parse(result.stdout.trim().split('\n').at(-1)).stepsPerSecond;
}

const sorted = (numbers) => [...numbers].sort((a, b) => a - b);
const middle = (numbers) => sorted(numbers)[Math.floor(numbers.length / 2)];
const spread = (numbers, digits) => {
  const ordered = sorted(numbers);
  return `${middle(numbers).toFixed(digits)} (${ordered[0].toFixed(digits)}–${ordered.at(-1).toFixed(digits)})`;
};

await prepareBuild();
const python = values.python ?? (await prepareVirtualEnvironment('bench', join(here, 'requirements.txt')));
const peers = ['torch', 'keras'];

for (const name of values.networks.split(',')) {
  const rates = { tensorflow: [], onnx: [], torch: [], keras: [] };
  for (let round = 0; round < Number(values.rounds); round++) {
    for (const engine of ['tensorflow', 'onnx']) rates[engine].push(lamina(name, engine));
    for (const other of peers) rates[other].push(peer(python, other, name));
  }
  console.log(`\n${name}: steps per second, median (lowest–highest) of ${values.rounds} rounds`);
  for (const [label, numbers] of Object.entries(rates)) console.log(`  ${label.padEnd(12)} ${spread(numbers, 1)}`);
  for (const engine of ['tensorflow', 'onnx']) {
    for (const other of peers) {
      const ratios = rates[engine].map((rate, round) => rate / rates[other][round]);
      console.log(`  lamina ${engine} / ${other.padEnd(6)} ${spread(ratios, 2)}`);
    }
  }
}
