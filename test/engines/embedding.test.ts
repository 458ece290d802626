import { expect, test } from 'vitest';
import type { HostTensor } from '../../src-main/engines/interface/engine.ts';
import { layerCatalog } from '../../src-shared/layers/catalog/catalog.ts';
import { emitMasked } from '../../src-shared/layers/definition/masks.ts';
import { resolveParameters } from '../../src-shared/layers/parameters/resolve-parameters.ts';
import { ProgramBuilder } from '../../src-shared/program/builder/builder.ts';
import { float, runProgram as runOnnx } from './onnx-harness.ts';
import { engineFolder, runProgram as runTensorFlow } from './tensorflow-harness.ts';

/** An index outside the table gives NaN on every engine, not another row and not an error. */

const definition = layerCatalog.get('Embedding')!;
const builder = new ProgramBuilder();
const x = builder.input('x', 'float32', [null, 4]);
const { values } = resolveParameters(definition, { inputDim: 3, outputDim: 2 });
const { output } = emitMasked(definition, {
  builder,
  params: values,
  training: false,
  frozen: false,
  inputs: [x],
  inputShapes: [builder.shapeOf(x)],
  masks: [null],
  weight: ({ shape }) => builder.input('table', 'float32', shape),
  penalize: () => {},
  updateWeight: () => {},
  randomKey: () => [1, 2],
  step: null,
});
builder.output('rows', output);
const program = builder.build();
const inputs = {
  x: float([2, 4], [0, 2, 1.9, -0.5, 3, -1, -3, 4e9]),
  table: float([3, 2], [1, 2, 3, 4, 5, 6]),
};
const expected = [1, 2, 5, 6, 3, 4, 1, 2, ...new Array<number>(8).fill(Number.NaN)];

function expectRows(rows: HostTensor | undefined): void {
  expect(rows?.shape).toEqual([2, 4, 2]);
  expect(Array.from(rows!.data)).toEqual(expected);
}

test('onnx', async () => {
  expectRows((await runOnnx(program, inputs))['rows']);
});

test.skipIf(engineFolder === null)('tensorflow', async () => {
  const { graph } = await runTensorFlow(program, inputs);
  if (graph instanceof Error) throw graph;
  expectRows(graph['rows']);
});
