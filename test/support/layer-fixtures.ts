import { layerCatalog } from '../../src-shared/layers/catalog/catalog.ts';
import type { LayerContext, LayerOutput } from '../../src-shared/layers/definition/layer.ts';
import { emitMasked } from '../../src-shared/layers/definition/masks.ts';
import { resolveParameters } from '../../src-shared/layers/parameters/resolve-parameters.ts';
import type { ParameterValues } from '../../src-shared/layers/parameters/resolve-parameters.ts';
import { gradients } from '../../src-shared/program/gradients/autodiff.ts';
import { ProgramBuilder } from '../../src-shared/program/builder/builder.ts';
import { simplify } from '../../src-shared/program/builder/simplify.ts';
import type { Program, Shape, ValueId } from '../../src-shared/program/language/types.ts';
import { decodeFloats, readFixture } from './keras-fixtures.ts';
import type { EncodedArray } from './keras-fixtures.ts';
import { tensorOf } from '../../src-shared/program/interpret/tensor.ts';
import type { Tensor } from '../../src-shared/program/interpret/tensor.ts';

type NestedNumbers = readonly (number | NestedNumbers)[];

/** One case of a layer, written by make_layer_fixtures.py. */
export interface LayerFixture {
  readonly kind: string;
  readonly params: ParameterValues;
  readonly mode: 'prediction' | 'training' | 'frozen';
  readonly inputs: readonly EncodedArray[];
  /** For each input: 1 for valid steps; null without mask. Absent: no masks. */
  readonly masks?: readonly (NestedNumbers | null)[];
  /** The uniform numbers of a random layer, by the purpose that it draws them for. */
  readonly draws?: Readonly<Record<string, EncodedArray>>;
  readonly weights: Readonly<Record<string, EncodedArray>>;
  readonly output: EncodedArray;
  /** Null if the output has no mask; absent if not recorded. */
  readonly outputMask?: NestedNumbers | null;
  readonly outputWeights: EncodedArray;
  /** Null if Keras has no gradient. */
  readonly inputGradients: readonly (EncodedArray | null)[];
  readonly weightGradients: Readonly<Record<string, EncodedArray>>;
  /** Weights that the call itself changes, for training cases. */
  readonly updates?: Readonly<Record<string, EncodedArray>>;
}

/** A fixture as a program without state, with its inputs and expected outputs. */
export interface LayerCase {
  readonly title: string;
  readonly program: Program;
  readonly feeds: ReadonlyMap<string, Tensor>;
  /** By output name; null: the program must not have this output. */
  readonly expected: ReadonlyMap<string, Tensor>;
}

/** Files of cases, each written by its script. */
export const layerFixtureFiles = ['layers.json', 'spatial.json', 'sequences.json', 'image-layers.json', 'axes.json'];

export function layerCases(): LayerCase[] {
  return layerFixtureFiles.flatMap((file) => readFixture<LayerFixture[]>(file)).map(layerCase);
}

function decode(encoded: EncodedArray): Tensor {
  return tensorOf('float32', encoded.shape, decodeFloats(encoded));
}

function boolTensor(nested: NestedNumbers): Tensor {
  const shape: number[] = [];
  for (let part: number | NestedNumbers = nested; typeof part !== 'number'; part = part[0]!) shape.push(part.length);
  return tensorOf('bool', shape, (nested as readonly number[]).flat(Infinity));
}

/** Gives numbers of a fixture to a layer that draws random ones. */
class GivenDraws extends ProgramBuilder {
  /** By purpose. */
  readonly draws = new Map<string, ValueId>();
  /** Of the next draw. */
  purpose = '';

  override randomUniform(): ValueId {
    const value = this.draws.get(this.purpose);
    if (value === undefined) throw new Error(`Keras draws no number for '${this.purpose}'.`);
    return value;
  }
}

/** Outputs are 'output', 'gradient_x0', 'gradient_kernel' and so on, 'update_moving_mean' for changed weights. */
function layerCase(fixture: LayerFixture, number: number): LayerCase {
  const shapes = fixture.inputs.map(({ shape }) => JSON.stringify(shape.slice(1))).join(' and ');
  const masked = fixture.masks?.some((mask) => mask !== null) === true ? ', masked' : '';
  const title = `${number} ${fixture.kind} ${JSON.stringify(fixture.params)} on ${shapes}, ${fixture.mode}${masked}`;
  const b = new GivenDraws();
  const feeds = new Map<string, Tensor>();
  const read = (name: string, array: EncodedArray, shape: Shape): ValueId => {
    feeds.set(name, decode(array));
    return b.input(name, 'float32', shape);
  };
  const inputs = fixture.inputs.map((array, i) => read(`x${i}`, array, [null, ...array.shape.slice(1)]));
  for (const [purpose, array] of Object.entries(fixture.draws ?? {})) {
    const shape = array.shape.length === 0 ? [] : [null, ...array.shape.slice(1)];
    b.draws.set(purpose, read(`draw_${purpose}`, array, shape));
  }
  const masks = inputs.map((_, i) => {
    const nested = fixture.masks?.[i] ?? null;
    if (nested === null) return null;
    const tensor = boolTensor(nested);
    feeds.set(`mask${i}`, tensor);
    return b.input(`mask${i}`, 'bool', [null, ...tensor.shape.slice(1)]);
  });
  const weights = new Map<string, ValueId>();
  const { output, mask, updates } = emit(fixture, b, { inputs, masks }, (name, shape) => {
    const array = fixture.weights[name];
    if (array === undefined) throw new Error(`${title}: Keras has no weight '${name}'.`);
    const value = read(name, array, shape);
    weights.set(name, value);
    return value;
  });
  const outputWeights = read('outputWeights', fixture.outputWeights, b.shapeOf(output));
  const axes = b.shapeOf(output).map((_, axis) => axis);
  const loss = b.reduceSum(b.multiply(output, outputWeights), axes);
  const expected = new Map<string, Tensor>([['output', decode(fixture.output)]]);
  b.output('output', output);
  if (fixture.outputMask !== undefined && (mask === null) !== (fixture.outputMask === null)) {
    throw new Error(`${title}: only one of us has a mask of the output.`);
  }
  if (mask !== null && fixture.outputMask !== undefined && fixture.outputMask !== null) {
    b.output('output_mask', mask);
    expected.set('output_mask', boolTensor(fixture.outputMask));
  }
  const differentiate = (name: string, value: ValueId, array: EncodedArray | null): void => {
    const [gradient] = gradients(b, loss, [value]);
    if ((gradient === null) !== (array === null))
      throw new Error(`${title}: only one of us has a gradient of ${name}.`);
    if (gradient === null || gradient === undefined || array === null) return;
    b.output(name, gradient);
    expected.set(name, decode(array));
  };
  inputs.forEach((value, i) => differentiate(`gradient_x${i}`, value, fixture.inputGradients[i]!));
  for (const [name, array] of Object.entries(fixture.weightGradients)) {
    const value = weights.get(name);
    if (value === undefined) throw new Error(`${title}: the layer has no weight '${name}'.`);
    differentiate(`gradient_${name}`, value, array);
  }
  for (const [name, array] of Object.entries(fixture.updates ?? {})) {
    b.output(`update_${name}`, updates.get(name)!);
    expected.set(`update_${name}`, decode(array));
  }
  return { title, program: simplify(b.build()), feeds, expected };
}

function emit(
  { kind, params, mode, draws }: LayerFixture,
  builder: GivenDraws,
  { inputs, masks }: Pick<LayerContext, 'inputs' | 'masks'>,
  weight: (name: string, shape: readonly number[]) => ValueId,
): LayerOutput & { updates: ReadonlyMap<string, ValueId> } {
  const definition = layerCatalog.get(kind);
  if (definition === undefined) throw new Error(`The catalog has no '${kind}'.`);
  const { values, faults } = resolveParameters(definition, params);
  const inputShapes = inputs.map((input) => builder.shapeOf(input));
  const refusal = faults[0]?.expected ?? definition.check?.(values, inputShapes) ?? null;
  if (refusal !== null) throw new Error(`${kind} ${JSON.stringify(params)} ${refusal}`);
  const updates = new Map<string, ValueId>();
  const context: LayerContext = {
    builder,
    params: values,
    training: mode !== 'prediction',
    frozen: mode === 'frozen',
    inputs,
    inputShapes,
    masks,
    weight: ({ name, shape }) => weight(name, shape),
    penalize: () => undefined,
    updateWeight: (name, value) => updates.set(name, value),
    randomKey: (purpose) => {
      builder.purpose = purpose;
      return [1, 2];
    },
    step: draws === undefined ? null : builder.constant('int32', [], [1]),
  };
  return { ...emitMasked(definition, context), updates };
}
