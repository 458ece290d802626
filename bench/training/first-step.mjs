// `node bench/training/first-step.mjs NETWORK ENGINE`: prints the time from a network's document
// to the end of its first optimizer step, in milliseconds and by part, as a JSON object. NETWORK
// can also be `deep:N`: N dense layers of 16 units.
import { compileModel } from '../../src-shared/diagnostics/compile-model.ts';
import { defaultTrainingConfiguration } from '../../src-shared/training/configuration/configuration.ts';
import { selectEngine } from '../../src-main/engine-setup/select.ts';
import { chooseThreads } from '../../src-main/trainer/preparation/execution.ts';
import { initialState } from '../../src-main/trainer/state/first-state.ts';
import { deep, networks } from './networks.mjs';
import { trainSteps } from '../../src-main/engines/interface/model-calls.ts';

const [name = 'resnet', engineName = 'tensorflow'] = process.argv.slice(2);
const network = name.startsWith('deep:') ? deep(Number(name.slice(5))) : networks[name];
const image = network.image.length === 2 ? [...network.image, 1] : network.image;
const document = { format: 'lamina.model', version: 6, name, blocks: [], ...network.model };
const classes = Array.from({ length: 10 }, (_, index) => String(index));
const features = {
  inputShape: image,
  columns: [{ type: 'image', name: 'image', shape: image, offset: 0, scale: 255 }],
  targets: [{ kind: 'classes', name: 'label', classes }],
  weight: null,
};
const { batchSize } = network.configuration;
const times = {};

async function timed(part, work) {
  const began = performance.now();
  const result = await work();
  times[part] = Math.round(performance.now() - began);
  return result;
}

const compiled = await timed('compile', () =>
  compileModel(document, features, { ...defaultTrainingConfiguration, ...network.configuration }),
);
if (!compiled.ok) throw new Error(compiled.problems[0].message);
const { model } = compiled;
const threads = chooseThreads(model, batchSize);
const engine = await timed('library', () => selectEngine(engineName, threads));
const session = await timed('session', () =>
  engine.createSession(model, { intraOpThreads: threads, stepsPerCall: [1, 5, 20] }),
);
await timed('state', () => session.writeState(initialState(model, 1)));
const pixels = image.reduce((product, size) => product * size, batchSize);
const rows = Int32Array.from({ length: batchSize }, (_, row) => row);
await timed('data', () =>
  session.loadData({
    arrays: {
      x: { dtype: 'uint8', shape: [batchSize, ...image], data: new Uint8Array(pixels), offset: 0, scale: 255 },
      y: { dtype: 'int32', shape: [batchSize, 1], data: new Int32Array(batchSize) },
    },
    inputs: { x: { array: 'x', rows: null }, y: { array: 'y', rows: null } },
    splits: { train: rows, validation: new Int32Array(0), test: new Int32Array(0) },
  }),
);
await timed('step', () =>
  trainSteps(session, {
    split: 'train',
    indices: rows,
    steps: 1,
    learningRates: Float32Array.of(0.001),
  }),
);
// Loading the native library is not measured: it belongs to the start of the process.
const total = Object.values(times).reduce((sum, milliseconds) => sum + milliseconds, 0) - times.library;
console.log(JSON.stringify({ ...times, total }));
await session.dispose();
// TensorFlow's threads keep the process alive.
process.exit(0);
