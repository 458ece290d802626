import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { compileModel } from '../../src-shared/diagnostics/compile-model.ts';
import type { CompiledModel } from '../../src-shared/compiler/graph/compiled.ts';
import type { ModelFeatures } from '../../src-shared/compiler/graph/inputs.ts';
import type { ModelDocument } from '../../src-shared/document/schema/model-document.ts';
import type { TrainingConfiguration } from '../../src-shared/training/configuration/configuration.ts';
import { relativeDifference as difference } from '../../src-main/engines/interface/relative-difference.ts';
import { applyChange } from '../../src-shared/document/history/operations.ts';
import { readKeras } from '../../src-shared/interchange/keras/from-keras.ts';
import { replaceModel } from '../../src-shared/starting-points/sketch.ts';
import type { Sketch } from '../../src-shared/starting-points/sketch.ts';
import { scheduleSchema } from '../../src-shared/training/schedules/schedule.ts';
import { classFeatures, configurationWith, numericColumns, numericFeatures, sequentialDocument } from './documents.ts';
import type { LayerLine } from './documents.ts';

const FOLDER = join(import.meta.dirname, '../fixtures');

export interface EncodedArray {
  readonly shape: readonly number[];
  /** base64 of little-endian numbers. */
  readonly data: string;
}

/** One file of test/fixtures/keras, written by make_fixtures.py. */
export interface KerasFixture {
  readonly layers: readonly LayerLine[];
  /** Keras configuration of the model; several inputs take the columns of x in order. Absent: a sequence of `layers`. */
  readonly model?: unknown;
  readonly inputShape: number[];
  /** 0: numeric target. */
  readonly classes: number;
  readonly loss: TrainingConfiguration['loss'];
  readonly optimizer: TrainingConfiguration['optimizer'];
  readonly metrics: TrainingConfiguration['metrics'];
  readonly batchSize: number;
  readonly x: EncodedArray;
  readonly y: EncodedArray;
  readonly weights: Readonly<Record<string, EncodedArray>>;
  readonly predictions: EncodedArray;
  /** [steps, 1 + metrics]: loss and metrics of each step's batch. */
  readonly reports: EncodedArray;
  readonly finalWeights: Readonly<Record<string, EncodedArray>>;
  /** Loss and metrics of all rows, with the final weights. */
  readonly evaluation: EncodedArray;
  readonly finalPredictions: EncodedArray;
  /** Absent: constant. */
  readonly schedule?: unknown;
  /** For each step, if a schedule changes it. */
  readonly learningRates?: EncodedArray;
  readonly momenta?: EncodedArray;
  /** Moving averages of the weights after the last step. */
  readonly averages?: Readonly<Record<string, EncodedArray>>;
}

/** Scheduled values for one step of the fixture. */
export function stepRates(
  { optimizer, learningRates, momenta }: KerasFixture,
  step: number,
): { learningRate: number; momentum: number | null } {
  const learningRate = learningRates === undefined ? optimizer.learningRate : decodeFloats(learningRates)[step]!;
  return { learningRate, momentum: momenta === undefined ? null : decodeFloats(momenta)[step]! };
}

export function readFixture<Value>(file: string): Value {
  return JSON.parse(readFileSync(join(FOLDER, file), 'utf8')) as Value;
}

/** Names of the Keras fixtures, without extension. */
export function kerasFixtureNames(): string[] {
  return readdirSync(join(FOLDER, 'keras')).map((file) => file.replace('.json', ''));
}

export function readKerasFixture(name: string): KerasFixture {
  return readFixture(`keras/${name}.json`);
}

/** Models whose layers are called several times: shared.json. */
export function sharedFixtures(): { name: string; fixture: KerasFixture }[] {
  const fixtures = readFixture<Record<string, KerasFixture>>('shared.json');
  return Object.entries(fixtures).map(([name, fixture]) => ({ name, fixture }));
}

/** Models with layers that are called with training=False: inference.json. */
export function inferenceFixtures(): { name: string; fixture: KerasFixture }[] {
  const fixtures = readFixture<Record<string, KerasFixture>>('inference.json');
  return Object.entries(fixtures).map(([name, fixture]) => ({ name: `inference mode: ${name}`, fixture }));
}

export function decodeFloats({ data }: EncodedArray): Float32Array {
  return new Float32Array(Uint8Array.from(Buffer.from(data, 'base64')).buffer);
}

export function decodeInts({ data }: EncodedArray): Int32Array {
  return new Int32Array(Uint8Array.from(Buffer.from(data, 'base64')).buffer);
}

/** The fixture's layers as a document; its Output predicts every value of `y`. */
export function fixtureDocument(fixture: KerasFixture): ModelDocument {
  const document = fixture.model === undefined ? sequentialDocument(fixture.layers) : kerasDocument(fixture.model);
  const { targets } = fixtureFeatures(fixture);
  if (targets.length === 1) return document;
  const params = { targets: targets.map(({ name }) => name) };
  return { ...document, nodes: document.nodes.map((node) => (node.kind === 'Output' ? { ...node, params } : node)) };
}

/** The layers of a Keras configuration of which nothing is changed or refused. */
export function sketchOf(text: string): Sketch {
  const { sketch, report } = readKeras(text);
  const losses = report.losses.filter(({ severity }) => severity !== 'note');
  if (sketch === null || losses.length > 0) throw new Error(losses.map(({ message }) => message).join('\n'));
  return sketch;
}

/** The document of a Keras configuration. Of several Inputs each takes columns, 'x0', 'x1', … in order. */
export function kerasDocument(configuration: unknown): ModelDocument {
  const sketch = sketchOf(JSON.stringify(configuration));
  const several = sketch.filter(({ kind }) => kind === 'Input').length > 1;
  let first = 0;
  const withColumns = sketch.map((layer) => {
    if (layer.kind !== 'Input' || !several) return layer;
    const [width = 0] = layer.params['shape'] as number[];
    const columns = columnNames(first + width).slice(first);
    first += width;
    return { ...layer, params: { columns } };
  });
  return sketchDocument(withColumns);
}

/** A document with the layers of a sketch, in its order. */
export function sketchDocument(sketch: Sketch): ModelDocument {
  let ids = 0;
  const empty = sequentialDocument([]);
  return applyChange(empty, replaceModel(empty, sketch, 'Open', () => `id${ids++}`).change);
}

const columnNames = (count: number): string[] => Array.from({ length: count }, (_, index) => `x${index}`);

function fixtureFeatures({ model, inputShape, classes, y }: KerasFixture): ModelFeatures {
  const features = featuresOf(inputShape, classes, y);
  const [width, ...more] = inputShape;
  return model === undefined || more.length > 0
    ? features
    : { ...features, columns: numericColumns(columnNames(width!)) };
}

function featuresOf(inputShape: number[], classes: number, y: EncodedArray): ModelFeatures {
  return classes > 0 ? classFeatures(inputShape, classes) : numericFeatures(inputShape, y.shape[1]);
}

export function compileFixture(fixture: KerasFixture): CompiledModel {
  const { loss, optimizer, metrics } = fixture;
  const schedule = scheduleSchema.parse(fixture.schedule ?? { kind: 'constant' });
  const configuration = configurationWith({ loss, optimizer, metrics, schedule });
  const result = compileModel(fixtureDocument(fixture), fixtureFeatures(fixture), configuration);
  if (!result.ok) throw new Error(result.problems.map((problem) => problem.message).join('\n'));
  return result.model;
}

/** Rows of each training step: repeated passes over all rows in order, with a short last batch. */
export function fixtureBatches({ x, batchSize, reports }: KerasFixture): Int32Array[] {
  const rows = x.shape[0]!;
  const perRound = Math.ceil(rows / batchSize);
  return Array.from({ length: reports.shape[0]! }, (_, step) => {
    const start = (step % perRound) * batchSize;
    return Int32Array.from({ length: Math.min(batchSize, rows - start) }, (_value, index) => start + index);
  });
}

/** Loss and finalized metrics of a report, in the order of the fixture's reports. */
export function reportValues(model: CompiledModel, report: ArrayLike<number>): number[] {
  const numbers = Array.from(report);
  const metrics = model.metrics.map(({ offset, length, finalize }) => finalize(numbers.slice(offset, offset + length)));
  return [numbers[0]!, ...metrics];
}

/** Largest difference relative to the largest value of `expected`, or to 1e-3 if all are smaller. */
export function relativeDifference(received: ArrayLike<number>, expected: ArrayLike<number>): number {
  return difference(received, expected, 1e-3);
}
