import { describe, expect, it } from 'vitest';
import { expandBlocks } from '../../src-shared/compiler/expand/expand.ts';
import { emitForward } from '../../src-shared/compiler/forward/forward.ts';
import { readGraph } from '../../src-shared/compiler/graph/graph.ts';
import { analyze } from '../../src-shared/diagnostics/analyze.ts';
import { isInput, isOutput } from '../../src-shared/document/schema/ends.ts';
import { readKeras } from '../../src-shared/interchange/keras/from-keras.ts';
import type { KerasReading } from '../../src-shared/interchange/keras/from-keras.ts';
import { toKeras } from '../../src-shared/interchange/keras/to-keras.ts';
import { kerasJson } from '../../src-shared/interchange/keras/write-json.ts';
import type { Sketch } from '../../src-shared/starting-points/sketch.ts';
import { ProgramBuilder } from '../../src-shared/program/builder/builder.ts';
import { interpret } from '../../src-shared/program/interpret/interpret.ts';
import { tensorOf } from '../../src-shared/program/interpret/tensor.ts';
import type { Tensor } from '../../src-shared/program/interpret/tensor.ts';
import { decodeFloats, readFixture, relativeDifference, sketchDocument } from '../support/keras-fixtures.ts';
import type { EncodedArray } from '../support/keras-fixtures.ts';

/** One model, written by make_keras_model_fixtures.py. */
interface ModelFixture {
  readonly name: string;
  readonly version: string;
  readonly model: unknown;
  readonly parameters: number;
  readonly weights: Readonly<Record<string, readonly EncodedArray[]>>;
  readonly inputs: readonly EncodedArray[];
  readonly outputs: readonly EncodedArray[];
}

const fixtures = readFixture<ModelFixture[]>('keras-models.json');

const decode = (array: EncodedArray): Tensor => tensorOf('float32', array.shape, decodeFloats(array));

/** Predictions of the opened model with the weights of the file, by the reference interpreter. */
function predictions({ sketch, report }: KerasReading, { weights, inputs }: ModelFixture): Float64Array[] {
  const document = expandBlocks(sketchDocument(sketch!)).document;
  const graph = readGraph(document);
  const builder = new ProgramBuilder();
  const feeds = new Map<string, Tensor>();
  const entries = document.nodes.filter(isInput);
  const values = new Map(
    entries.map((node, index) => {
      const array = inputs[index]!;
      feeds.set(node.name, decode(array));
      return [node.id, builder.input(node.name, 'float32', [null, ...array.shape.slice(1)])];
    }),
  );
  expect(entries).toHaveLength(inputs.length);
  const forward = emitForward(graph, builder, {
    input: (node) => values.get(node.id) ?? null,
    training: false,
    seed: 1,
    step: null,
    prefix: (node) => node.name,
    skip: () => false,
  });
  expect(forward.problems.filter(({ severity }) => severity === 'error')).toEqual([]);
  for (const { path, places } of report.layers) {
    const arrays = weights[path] ?? [];
    const [first] = places;
    if (arrays.length === 0) continue;
    const name = nameAt(sketch!, first!);
    // Keras lists statistics after what trains.
    const own = forward.weights
      .filter((weight) => weight.name.startsWith(`${name}/`))
      .toSorted((a, b) => Number(a.name.includes('/moving_')) - Number(b.name.includes('/moving_')));
    expect(own.map(({ shape }) => shape)).toEqual(arrays.map(({ shape }) => shape));
    own.forEach((weight, index) => feeds.set(weight.name, decode(arrays[index]!)));
  }
  const outputs = document.nodes.filter(isOutput);
  outputs.forEach((node) => builder.output(node.name, forward.outputs.get(node.id)!));
  const { outputs: made } = interpret(builder.build(), feeds);
  return outputs.map((node) => made.get(node.name)!.data as Float64Array);
}

/** Name of a layer as its weights have it: those of blocks around it, then its own. */
function nameAt(sketch: NonNullable<KerasReading['sketch']>, place: readonly number[]): string {
  const [first, ...rest] = place;
  const layer = sketch[first!]!;
  return rest.length === 0 ? layer.name! : `${layer.name!}/${nameAt(layer.inside!, rest)}`;
}

describe.each(fixtures)('$name of Keras $version', (fixture) => {
  const reading = readKeras(JSON.stringify(fixture.model));

  it('opens without losses, with all parameters', () => {
    const losses = reading.report.losses.filter(({ severity }) => severity !== 'note');
    expect(losses).toEqual([]);
    const analysis = analyze(sketchDocument(reading.sketch!), null);
    expect(analysis.problems.filter(({ severity }) => severity === 'error')).toEqual([]);
    // Layers that lead to no output are not counted.
    expect(analysis.parameters).toBe(fixture.parameters - (fixture.name === 'second_output' ? 10 : 0));
  });

  it('keeps the order of inputs and outputs when it is exported and opened again', () => {
    const document = sketchDocument(reading.sketch!);
    const { text, notes } = kerasJson(toKeras(document, analyze(document, null)));
    const { sketch } = readKeras(text);
    // JSON has no formulas: without them a layer may lack an argument that it needs.
    if (sketch === null) return expect(notes).not.toEqual([]);
    const ends = (layers: Sketch) =>
      layers
        .filter((layer) => isInput(layer) || isOutput(layer))
        .map(({ kind, name, from }) => [kind, name, from.map((index) => layers[index]!.name)]);
    expect(ends(sketch)).toEqual(ends(reading.sketch!));
  });

  it('predicts as Keras, inputs and outputs in the order of the model', () => {
    const predicted = predictions(reading, fixture);
    expect(predicted).toHaveLength(fixture.outputs.length);
    fixture.outputs.forEach((output, index) => {
      expect(relativeDifference(predicted[index]!, decodeFloats(output))).toBeLessThan(1e-5);
    });
  });
});
