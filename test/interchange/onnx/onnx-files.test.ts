import { describe, expect, test } from 'vitest';
import { Dice } from '../../support/dice.ts';
import { compareWithOnnxRuntime, onnxFixtures, unpackedFixture } from '../../support/onnx-comparison.ts';
import { onnxNode, onnxWeights, writeOnnxGraph } from '../../support/onnx-graphs.ts';

describe('files of other programs predict as in ONNX Runtime', () => {
  test.each(onnxFixtures)('%s', async (name) => {
    // Joined operations of quantized files round in another order, which can move a value by a step.
    const optimizes = !name.startsWith('quantized_');
    const { difference, report } = await compareWithOnnxRuntime(unpackedFixture(name), { optimizes });
    expect(difference).toBeLessThan(1e-5);
    expect(report.losses.filter(({ code }) => code === 'model-file/unused-weights')).toEqual([]);
  });
});

/** Kinds of the layers in order. */
async function kindsOf(name: string): Promise<string[]> {
  const { document } = await compareWithOnnxRuntime(unpackedFixture(name));
  return document.nodes.map(({ kind }) => kind);
}

describe('layers', () => {
  test('bias and activation are of the layer before them', async () => {
    expect(await kindsOf('mlp.opset17.onnx')).toEqual(['Input', 'Dense', 'Dense', 'Dense', 'Output']);
  });

  test('rows of the Dense after Flatten are in the order of channels last, so that no Permute is needed', async () => {
    expect(await kindsOf('cnn.opset17.onnx')).not.toContain('Permute');
  });

  test('a max pooling with padding after ReLU pads with zeros', async () => {
    const kinds = await kindsOf('residual.opset17.onnx');
    expect(kinds).toEqual(
      expect.arrayContaining(['ZeroPadding2D', 'Conv2D', 'MaxPooling2D', 'Add', 'GlobalAveragePooling2D', 'Dense']),
    );
  });

  test('a depthwise convolution, hard swish and SiLU are layers and activations', async () => {
    const { document } = await compareWithOnnxRuntime(unpackedFixture('inverted.opset17.onnx'));
    const activations = document.nodes.map(({ params }) => params['activation']);
    expect(document.nodes.map(({ kind }) => kind)).toContain('DepthwiseConv2D');
    expect(activations).toEqual(expect.arrayContaining(['hardSilu', 'silu', 'relu', 'hardSigmoid']));
  });

  test('a layer that is called twice is one layer with two calls', async () => {
    const { document, report } = await compareWithOnnxRuntime(unpackedFixture('shared.opset17.onnx'));
    expect(document.nodes.filter(({ weightsOf }) => weightsOf !== undefined)).toHaveLength(1);
    expect(report.parameters).toBe(report.fileParameters);
  });

  test('weights that are used in another way are those of another layer', async () => {
    const weights = onnxWeights(new Dice(1, 'square'), 'w', [4, 4]);
    const nodes = [
      onnxNode('Gemm', ['x', 'w'], ['a']),
      onnxNode('Gemm', ['x', 'w'], ['b'], { transB: 1 }),
      onnxNode('Sub', ['a', 'b'], ['y']),
    ];
    const { difference, report } = await compareWithOnnxRuntime(writeOnnxGraph('square', [4], nodes, [weights]));
    expect(difference).toBeLessThan(1e-5);
    expect(report).toMatchObject({ parameters: 32, fileParameters: 16 });
    expect(report.losses).toEqual([expect.objectContaining({ code: 'onnx/shared-weights', severity: 'changed' })]);
  });

  test('names are those of the nodes without the operation', async () => {
    const { document } = await compareWithOnnxRuntime(unpackedFixture('residual.opset17.onnx'));
    expect(document.nodes.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['x', 'stem', 'a', 'b', 'head', 'output']),
    );
  });
});

test('channels come last, which the report says', async () => {
  const { document, report } = await compareWithOnnxRuntime(unpackedFixture('cnn.opset17.onnx'));
  expect(document.nodes[0]!.params['shape']).toEqual([16, 20, 3]);
  expect(report.losses).toEqual([expect.objectContaining({ code: 'onnx/layout', severity: 'changed', layer: 'x' })]);
  expect(report).toMatchObject({ format: 'onnx', layers: 9, operations: 0, parameters: 762, fileParameters: 762 });
});

test.each([
  ['op_half_weights.onnx', 'note'],
  ['op_double_weights.onnx', 'changed'],
])('%s: the type of the weights is reported', async (name, severity) => {
  const { report } = await compareWithOnnxRuntime(unpackedFixture(name));
  const loss = report.losses.find(({ code }) => code === 'onnx/type');
  expect(loss).toMatchObject({ severity });
});

test('a fixed number of examples is free here', async () => {
  const { report } = await compareWithOnnxRuntime(unpackedFixture('mlp.one.onnx'));
  expect(report.losses).toEqual([expect.objectContaining({ code: 'onnx/batch', severity: 'note' })]);
});
