import { describe, expect, it } from 'vitest';
import { readKeras } from '../../src-shared/interchange/keras/from-keras.ts';
import { layerCatalog } from '../../src-shared/layers/catalog/catalog.ts';
import { marginsOf } from '../../src-shared/layers/parameters/margins.ts';
import { resolveParameters } from '../../src-shared/layers/parameters/resolve-parameters.ts';
import { sizesOf } from '../../src-shared/layers/parameters/sizes.ts';
import { initializerArguments } from '../../src-shared/layers/weights/initializer.ts';
import type { Initializer } from '../../src-shared/layers/weights/initializer.ts';
import { resolveNamed } from '../../src-shared/layers/weights/named-arguments.ts';
import type { SketchLayer } from '../../src-shared/starting-points/sketch.ts';
import { snake } from '../../src-shared/layers/parameters/keras-value.ts';
import { readFixture } from '../support/keras-fixtures.ts';

/** A layer with the arguments that Keras requires, written by make_keras_default_fixtures.py. */
interface DefaultFixture {
  readonly version: string;
  readonly kind: string;
  readonly config: Readonly<Record<string, unknown>>;
}

const fixtures = readFixture<DefaultFixture[]>('keras-defaults.json');

/** Merging layers and attention take two inputs. */
function read({ version, kind, config }: DefaultFixture) {
  const inputs = (layerCatalog.get(kind)?.inputs.min ?? 1) > 1 ? ['a', 'b'] : ['a'];
  const layers = [
    ...inputs.map((name) => ({
      class_name: 'InputLayer',
      name,
      config: { name, batch_input_shape: [null, 4, 4] },
      inbound_nodes: [],
    })),
    { class_name: kind, name: 'it', config, inbound_nodes: [inputs.map((name) => [name, 0, 0, {}])] },
  ];
  const model = { layers, input_layers: inputs.map((name) => [name, 0, 0]), output_layers: [['it', 0, 0]] };
  const { sketch, report } = readKeras(
    JSON.stringify({ class_name: 'Functional', keras_version: version, config: model }),
  );
  return { layer: sketch?.find(({ name }) => name === 'it'), losses: report.losses };
}

const isRequired = (kind: string, key: string): boolean =>
  layerCatalog.get(kind)?.parameters.some(({ name, keras }) => keras === 'required' && snake(name) === key) === true;

/** All parameters of a layer, each in one form: 2 and [2, 2] are the same size. */
function parameters(layer: SketchLayer | undefined): Record<string, unknown> {
  const definition = layerCatalog.get(layer!.kind)!;
  const { values } = resolveParameters(definition, layer!.params);
  return Object.fromEntries(
    definition.parameters.map(({ name, type }) => {
      // Absent strides of pooling are the pool size; the values of attention are of the keys' size.
      const value = values[name] ?? values[{ strides: 'poolSize', valueDim: 'keyDim' }[name] ?? ''] ?? null;
      if (value === null) return [name, value];
      if (type.kind === 'number') return [name, Math.fround(value as number)];
      if (type.kind === 'sizes') return [name, sizesOf(value, type.axes)];
      if (type.kind === 'margins') return [name, marginsOf(value, type.axes)];
      return [name, type.kind === 'initializer' ? resolveNamed(initializerArguments, value as Initializer) : value];
    }),
  );
}

describe.each(fixtures)('$kind of Keras $version with its defaults', (fixture) => {
  it('is read without any loss', () => {
    expect(read(fixture).losses).toEqual([]);
  });

  it('is the same without any of the optional arguments', () => {
    const { layer } = read(fixture);
    const optional = Object.keys(fixture.config).filter((key) => key !== 'name' && !isRequired(layer!.kind, key));
    for (const key of optional) {
      const { [key]: _left, ...config } = fixture.config;
      expect(parameters(read({ ...fixture, config }).layer), key).toEqual(parameters(layer));
    }
  });
});
