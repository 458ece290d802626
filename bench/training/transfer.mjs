// `npm run bench:transfer -- [--engine NAME] [--seeds N] [--epochs N] [--data FOLDER] [--model FILE]`
//
// Ants or bees: EfficientNet-Lite0 up to its pooling, frozen, with a new head behind Dropout 0.2, trained for 10 epochs
// of Adam at 1e-3 with batches of 32 on photographs stretched to 224. Trains with each seed, with the frozen part
// computed once: by the first run, read from the cache by the others. Then trains one epoch that computes the frozen
// part in each step. Prints seconds and the mean validation accuracy; fails if it is below 0.93, if an epoch after the
// first takes a second or more, or if ten epochs are not five times as fast as without. A busy machine can fail it.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { projectNode, root } from '../../scripts/prepare/paths.mjs';

const shared = join(root, '..', 'shared', 'data');
const { values } = parseArgs({
  options: {
    engine: { type: 'string' },
    seeds: { type: 'string', default: '10' },
    epochs: { type: 'string', default: '10' },
    data: { type: 'string', default: join(shared, 'ants-bees') },
    model: { type: 'string', default: join(shared, 'pretrained', 'efficientnet-lite0.keras') },
  },
});
const engines = values.engine === undefined ? ['tensorflow', 'onnx'] : [values.engine];
const epochs = Number(values.epochs);
const seeds = Array.from({ length: Number(values.seeds) }, (_, index) => index + 1);
const LEAST_ACCURACY = 0.93;
const LEAST_SPEEDUP = 5;
const MOST_EPOCH_MS = 1000;

const folder = mkdtempSync(join(tmpdir(), 'lamina-bench-'));
const project = join(folder, 'project');

function lamina(args, cache) {
  return execFileSync(projectNode, [join(root, 'src-main', 'shells', 'cli', 'main.ts'), ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
    maxBuffer: 1 << 26,
    env: { ...process.env, LAMINA_DATA_CACHE: cache },
  });
}

/** Puts Dropout before the new head, and stretches the photographs. */
function change() {
  const edit = (name, changed) => {
    const path = join(project, name);
    writeFileSync(path, JSON.stringify(changed(JSON.parse(readFileSync(path, 'utf8')))));
  };
  edit('model.lamina.json', (model) => {
    const head = model.nodes.find(({ name }) => name === 'new_head');
    const position = { x: head.position.x, y: head.position.y - 60 };
    const name = 'new_dropout';
    const dropout = { id: name, kind: 'Dropout', name, params: { rate: 0.2 }, position, frozen: false };
    const edges = model.edges.map((edge) => (edge.target === head.id ? { ...edge, target: name } : edge));
    const further = { id: 'dropout-to-head', source: name, target: head.id };
    return { ...model, nodes: [...model.nodes, dropout], edges: [...edges, further] };
  });
  edit('data.dataset.json', (data) => ({
    ...data,
    columns: data.columns.map((column) =>
      column.picture === undefined ? column : { ...column, picture: { ...column.picture, fit: 'stretch' } },
    ),
  }));
}

/** Trains and measures. */
function train(engine, cache, seed, count, settings = []) {
  const startedAt = performance.now();
  const set = ['seed', seed, 'epochs', count, 'batchSize', 32, 'optimizer.learningRate', 0.001, ...settings];
  const options = set.flatMap((part, index) => (index % 2 === 0 ? ['--set', `${part}=${set[index + 1]}`] : []));
  const output = lamina(['train', project, '--engine', engine, ...options, '--json'], cache);
  const wallMs = performance.now() - startedAt;
  const lines = output
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  const trained = lines.filter(({ event }) => event === 'epoch');
  const { cachedFeatures } = lines.at(-1);
  return {
    seed,
    cachedFeatures,
    seconds: wallMs / 1000,
    epochMs: trained.map(({ durationMs }) => durationMs),
    accuracy: trained.at(-1).val_accuracy,
  };
}

const mean = (numbers) => numbers.reduce((sum, value) => sum + value, 0) / numbers.length;
const faults = [];
const check = (fits, fault) => fits || faults.push(fault);

try {
  lamina(['import', values.model, '--project', project, '--json'], join(folder, 'import'));
  lamina(['new-head', project, '--at', 'pool', '--source', values.data], join(folder, 'import'));
  change();
  for (const engine of engines) {
    const cache = join(folder, engine);
    // Reads the pictures, so that no run below does.
    const always = train(engine, cache, 1, 1, ['cachedFeatures', false]);
    const runs = seeds.map((seed) => train(engine, cache, seed, epochs));
    const [first] = runs;
    const later = Math.max(...runs.flatMap(({ epochMs }) => epochMs.slice(1)));
    const accuracy = mean(runs.map((run) => run.accuracy));
    const once = first.cachedFeatures.durationMs;
    const withMs = once + first.epochMs.reduce((sum, ms) => sum + ms, 0);
    const speedup = (always.epochMs[0] * epochs) / withMs;
    console.log(
      JSON.stringify({
        engine,
        layers: first.cachedFeatures.layers,
        onceMs: Math.round(once),
        epochMs: Math.round(mean(first.epochMs)),
        slowestLaterEpochMs: Math.round(later),
        epochMsWithout: Math.round(always.epochMs[0]),
        speedup: Number(speedup.toFixed(1)),
        runSeconds: runs.map(({ seconds }) => Number(seconds.toFixed(1))),
        accuracies: runs.map((run) => Number(run.accuracy.toFixed(4))),
        meanAccuracy: Number(accuracy.toFixed(4)),
      }),
    );
    check(accuracy >= LEAST_ACCURACY, `${engine}: accuracy ${accuracy}`);
    check(speedup >= LEAST_SPEEDUP, `${engine}: ${speedup} times as fast`);
    check(later < MOST_EPOCH_MS, `${engine}: an epoch of ${later} ms`);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
if (faults.length > 0) {
  console.error(faults.join('\n'));
  process.exitCode = 1;
}
