import { describe, expect, test } from 'vitest';
import { analyze } from '../../src-shared/diagnostics/analyze.ts';
import type { ModelFeatures } from '../../src-shared/diagnostics/analyze.ts';
import type { ModelAnalysis } from '../../src-shared/compiler/graph/compiled.ts';
import { changeForFix } from '../../src-shared/diagnostics/remedies/fixes.ts';
import { applyChange } from '../../src-shared/document/history/operations.ts';
import { graphProblemSchema } from '../../src-shared/document/schema/problem.ts';
import type { GraphProblem } from '../../src-shared/document/schema/problem.ts';
import type { ModelDocument } from '../../src-shared/document/schema/model-document.ts';
import type { TrainingConfiguration } from '../../src-shared/training/configuration/configuration.ts';
import { leastCpuTimes } from '../support/cpu-time.ts';
import {
  classFeatures,
  cnnDocument,
  dense,
  mlpDocument,
  numericFeatures,
  sequentialDocument,
} from '../support/documents.ts';

const images = classFeatures([28, 28, 1], 10);
const rows = classFeatures([4], 3);

type Objective = Pick<TrainingConfiguration, 'loss' | 'metrics'>;
const objective = (loss: Objective['loss'], metrics: Objective['metrics'] = []): Objective => ({ loss, metrics });

function codes({ problems }: ModelAnalysis): string[] {
  return problems.map((problem) => problem.code);
}

/** The only problem of a document, checked against its schema. */
function onlyProblem(document: ModelDocument, features: ModelFeatures | null, goal?: Objective): GraphProblem {
  const { problems } = analyze(document, features, goal);
  expect(problems.map((problem) => problem.message)).toHaveLength(1);
  return graphProblemSchema.parse(problems[0]);
}

/** Applies the first fix of a problem; no error may remain. */
function expectFixed(
  document: ModelDocument,
  features: ModelFeatures | null,
  problem: GraphProblem,
  goal?: Objective,
): void {
  let ids = 0;
  const change = changeForFix(document, problem.fixes[0]!, () => `new${ids++}`);
  const { problems } = analyze(applyChange(document, change!), features, goal);
  expect(problems.filter(({ severity }) => severity === 'error').map(({ message }) => message)).toEqual([]);
}

describe('valid models', () => {
  test('have shapes, parameter counts and no problems', () => {
    const analysis = analyze(mlpDocument(), images);
    expect(analysis.problems).toEqual([]);
    expect([...analysis.nodes.values()].map((node) => node.outputShape)).toEqual([
      [null, 28, 28, 1],
      [null, 784],
      [null, 300],
      [null, 100],
      [null, 10],
      [null, 10],
    ]);
    expect(analysis.nodes.get('hidden1')).toMatchObject({ parameters: 235_500, trainableParameters: 235_500 });
    expect(analysis.parameters).toBe(266_610);
  });

  test('count frozen layers as not trainable', () => {
    const document = mlpDocument();
    document.nodes.find((node) => node.name === 'hidden1')!.frozen = true;
    const analysis = analyze(document, images);
    expect(analysis.nodes.get('hidden1')).toMatchObject({ parameters: 235_500, trainableParameters: 0 });
    expect(analysis.trainableParameters).toBe(266_610 - 235_500);
    expect(analysis.problems).toEqual([]);
  });

  test('fit their target with every common last layer', () => {
    const fits = (units: number, activation: string, features: ModelFeatures, goal = objective('auto')): void => {
      expect(codes(analyze(sequentialDocument([dense(units, activation)]), features, goal))).toEqual([]);
    };
    fits(3, 'softmax', rows);
    fits(1, 'sigmoid', classFeatures([4], 2));
    fits(2, 'softmax', classFeatures([4], 2));
    fits(1, 'linear', numericFeatures([4]));
    fits(3, 'softmax', rows, objective('categoricalCrossentropy'));
    fits(3, 'linear', rows, objective('meanSquaredError'));
    fits(1, 'tanh', classFeatures([4], 2), objective('meanSquaredError'));
  });
});

describe('graph problems', () => {
  test('empty document: graph/no-input and graph/no-output', () => {
    const empty = { ...sequentialDocument([]), nodes: [], edges: [] };
    expect(codes(analyze(empty, images))).toEqual(['graph/no-input', 'graph/no-output']);
  });

  test('missing Output: the fix adds one', () => {
    const document = sequentialDocument([dense(3, 'softmax')]);
    document.nodes.pop();
    document.edges.pop();
    const problem = onlyProblem(document, rows);
    expect(problem.code).toBe('graph/no-output');
    expectFixed(document, rows, problem);
  });

  test('missing Input: the fix adds one', () => {
    const document = sequentialDocument([dense(3, 'softmax')]);
    document.nodes.shift();
    document.edges.shift();
    const problems = analyze(document, rows).problems;
    expect(problems.map((problem) => problem.code)).toEqual(['graph/no-input', 'graph/missing-input']);
    expectFixed(document, rows, problems[0]!);
  });

  test('unconnected additional Input and Output: graph/missing-input and graph/unused', () => {
    const document = sequentialDocument([dense(3, 'softmax')]);
    document.nodes.push(
      { ...document.nodes[0]!, id: 'in2', name: 'in2' },
      { ...document.nodes[2]!, id: 'out2', name: 'out2' },
    );
    expect(codes(analyze(document, rows))).toEqual(['graph/missing-input', 'graph/unused']);
  });

  test('unconnected layer: graph/missing-input and graph/unused', () => {
    const document = mlpDocument();
    document.nodes.push({ ...document.nodes[2]!, id: 'alone', name: 'alone' });
    const { problems } = analyze(document, images);
    expect(problems.map(({ code, nodeId }) => [code, nodeId])).toEqual([
      ['graph/missing-input', 'alone'],
      ['graph/unused', 'alone'],
    ]);
    expect(problems[0]!.message).toMatchInlineSnapshot(
      `"Dense 'alone' expected an input; received none. Connect a layer to it, or remove it."`,
    );
    expectFixed(document, images, problems[0]!);
  });

  test('too many inputs: the fix removes one', () => {
    const document = mlpDocument();
    document.edges.push({ id: 'extra', source: document.nodes[0]!.id, target: 'hidden2' });
    const problem = onlyProblem(document, images);
    expect(problem).toMatchObject({ code: 'graph/too-many-inputs', nodeId: 'hidden2' });
    expectFixed(document, images, problem);
  });

  test('too many inputs: fixes offer Concatenate, and Add for equal shapes', () => {
    const document = sequentialDocument([dense(8, 'relu', { name: 'a' }), dense(3, 'softmax', { name: 'head' })]);
    const beside = { ...document.nodes.find(({ name }) => name === 'a')!, id: 'b', name: 'b' };
    document.nodes.push(beside);
    document.edges.push(
      { id: 'into b', source: document.nodes[0]!.id, target: 'b' },
      { id: 'out of b', source: 'b', target: 'head' },
    );
    const joined = onlyProblem(document, rows);
    expect(joined.message).toMatchInlineSnapshot(
      `"Dense 'head' expected 1 input; received 2, from 'a' and 'b'. Join them before it, or remove a connection."`,
    );
    const join = (kind: string) => expect.objectContaining({ action: 'join-inputs', params: { nodeId: 'head', kind } });
    expect(joined.fixes).toEqual([
      join('Concatenate'),
      join('Add'),
      expect.objectContaining({ action: 'remove-edge', params: { edgeId: 'out of b' } }),
    ]);
    expectFixed(document, rows, joined);
    beside.params = { ...beside.params, units: 4 };
    expect(onlyProblem(document, rows).fixes).not.toContainEqual(join('Add'));
  });

  test('the fixes of a new model lead to a valid model', () => {
    const ends = sequentialDocument([]);
    ends.edges = [];
    const first = analyze(ends, rows).problems;
    expect(first).toMatchObject([
      {
        code: 'graph/missing-input',
        nodeId: 'output_1',
        fixes: [{ action: 'connect', params: { source: 'input_0' } }],
      },
      { code: 'graph/unused', nodeId: 'input_0', fixes: [] },
    ]);
    expect(first.map(({ message }) => message)).toMatchInlineSnapshot(`
      [
        "Output 'output_1' expected an input; received none. Connect the last layer to it.",
        "Input 'input_0' does not lead to an Output and has no effect. Connect it.",
      ]
    `);
    let [document, ids] = [ends, 0];
    for (let { problems } = analyze(document, rows); problems.length > 0; { problems } = analyze(document, rows)) {
      document = applyChange(
        document,
        changeForFix(document, problems[0]!.fixes[0]!, () => `n${ids++}`)!,
      );
      expect(ids).toBeLessThan(9);
    }
    expect(document.nodes.find(({ kind }) => kind === 'Dense')?.params).toMatchObject({
      units: 3,
      activation: 'softmax',
    });
  });

  test('cycle: the message lists its layers and the fix removes a connection', () => {
    const document = mlpDocument();
    document.edges = document.edges.filter((edge) => edge.target !== 'hidden1');
    document.edges.push({ id: 'back', source: 'hidden2', target: 'hidden1' });
    const { problems } = analyze(document, images);
    const cycle = problems.find((problem) => problem.code === 'graph/cycle')!;
    expect(cycle.message).toContain('hidden1 → hidden2 → hidden1');
    expect(cycle.fixes).toMatchObject([{ action: 'remove-edge' }]);
    expect(problems.filter((problem) => problem.code === 'graph/cycle')).toHaveLength(1);
    const nodes = analyze(document, images).nodes;
    expect(nodes.get('classes')!.outputShape).toBeNull();
  });

  test('cycle: the fix removes the connection against the flow, else the newest one', () => {
    const fixOf = (document: ModelDocument) => {
      const { fixes } = analyze(document, images).problems.find(({ code }) => code === 'graph/cycle')!;
      return fixes;
    };
    const back = { id: 'back', source: 'classes', target: 'hidden1' };
    const placed = mlpDocument();
    placed.edges = [back, ...placed.edges];
    expect(fixOf(placed)).toEqual([
      { label: 'Remove classes → hidden1', action: 'remove-edge', params: { edgeId: 'back' } },
    ]);
    const heaped = mlpDocument();
    heaped.nodes = heaped.nodes.map((node) => ({ ...node, position: { x: 0, y: 0 } }));
    heaped.edges = [...heaped.edges, back];
    expect(fixOf(heaped)).toMatchObject([{ params: { edgeId: 'back' } }]);
  });

  test('layer connected to itself: graph/cycle', () => {
    const document = mlpDocument();
    document.edges.push({ id: 'self', source: 'hidden1', target: 'hidden1' });
    expect(codes(analyze(document, images))).toEqual(['graph/cycle', 'graph/too-many-inputs']);
  });

  test('edge to a missing node: graph/missing-node', () => {
    const document = mlpDocument();
    document.edges.push({ id: 'lost', source: 'hidden1', target: 'gone' }, { id: 'nowhere', source: 'a', target: 'b' });
    const { problems } = analyze(document, images);
    expect(problems.map(({ code, nodeId }) => [code, nodeId])).toEqual([
      ['graph/missing-node', 'hidden1'],
      ['graph/missing-node', null],
    ]);
  });

  test('empty, duplicate and slash-containing names: the fix renames the layer', () => {
    for (const [name, code] of [
      ['', 'graph/empty-name'],
      ['hidden1', 'graph/duplicate-name'],
      ['a/b', 'graph/bad-name'],
    ] as const) {
      const document = mlpDocument();
      document.nodes.find((node) => node.id === 'hidden2')!.name = name;
      const problem = onlyProblem(document, images);
      expect(problem).toMatchObject({ code, nodeId: 'hidden2' });
      expectFixed(document, images, problem);
    }
  });

  test('two nodes with one id: graph/duplicate-id', () => {
    const document = mlpDocument();
    document.nodes.push({ ...document.nodes[2]!, name: 'copy' });
    expect(codes(analyze(document, images))).toEqual(['graph/duplicate-id']);
  });

  test('layers that do not lead to the Output: advice, excluded from the parameter count', () => {
    const document = mlpDocument();
    document.nodes.push({ ...document.nodes[2]!, id: 'side', name: 'side' });
    document.edges.push({ id: 'side', source: 'hidden1', target: 'side' });
    const analysis = analyze(document, images);
    expect(codes(analysis)).toEqual(['graph/unused']);
    expect(analysis.nodes.get('side')).toMatchObject({ outputShape: [null, 300], parameters: 90_300 });
    expect(analysis.parameters).toBe(266_610);
  });

  test('no trainable layer: the fix unfreezes all', () => {
    const frozen = mlpDocument();
    for (const node of frozen.nodes) node.frozen = true;
    const problem = onlyProblem(frozen, images);
    expect(problem.code).toBe('graph/nothing-trainable');
    expectFixed(frozen, images, problem);
    expect(codes(analyze(sequentialDocument([{ kind: 'Flatten' }]), classFeatures([2, 5], 10)))).toContain(
      'graph/nothing-trainable',
    );
  });
});

describe('layer problems', () => {
  test('unknown kind: layer/unknown-kind', () => {
    const document = sequentialDocument([{ kind: 'Densee' }, dense(3, 'softmax')]);
    expect(codes(analyze(document, rows))).toEqual(['layer/unknown-kind']);
  });

  test.each([
    ['units', 0],
    ['units', 2.5],
    ['units', '3'],
    ['activation', 'reluu'],
    ['useBias', 1],
  ])('Dense with %s = %j: the fix restores the default', (name, value) => {
    const document = sequentialDocument([dense(8), dense(3, 'softmax')]);
    document.nodes[1]!.params[name] = value;
    const problem = onlyProblem(document, rows);
    expect(problem).toMatchObject({ code: 'layer/bad-parameter', nodeId: 'dense_1', param: name });
    expectFixed(document, rows, problem);
  });

  test.each([
    [NaN, 'NaN'],
    [Infinity, 'Infinity'],
    [null, 'nothing'],
  ])('units of %s: the message shows the received value', (units, shown) => {
    const document = sequentialDocument([dense(8), dense(3, 'softmax')]);
    document.nodes[1]!.params['units'] = units;
    expect(onlyProblem(document, rows).message).toContain(`received ${shown}`);
  });

  test.each(['unitz', 'constructor'])('unknown parameter %s of Dense: advice, the fix removes it', (name) => {
    const document = sequentialDocument([dense(8, 'relu'), dense(3, 'softmax')]);
    document.nodes[1]!.params[name] = 3;
    document.nodes[1]!.params['learningRateMultiplier'] = 0.5;
    const problem = onlyProblem(document, rows);
    expect(problem).toMatchObject({ code: 'layer/unknown-parameter', severity: 'advice', param: name });
    const change = changeForFix(document, problem.fixes[0]!, () => 'new');
    expect(analyze(applyChange(document, change!), rows).problems).toEqual([]);
  });

  test('unknown parameter of a layer inside a wrapper: advice, the fix removes it', () => {
    const layer = { kind: 'LSTM', params: { units: 4, returnSequence: true } };
    const document = sequentialDocument([{ kind: 'Bidirectional', params: { layer } }, dense(3, 'softmax')]);
    const sequences = classFeatures([5, 2], 3);
    const problem = onlyProblem(document, sequences);
    expect(problem).toMatchObject({ code: 'layer/unknown-parameter', severity: 'advice', param: 'layer' });
    expect(problem.message).toMatchInlineSnapshot(
      `"Bidirectional 'bidirectional_1' expected parameters that LSTM has; received 'returnSequence', which has no effect. Did you mean returnSequences? Rename it in the document, or remove it."`,
    );
    const change = changeForFix(document, problem.fixes[0]!, () => 'new');
    expect(analyze(applyChange(document, change!), sequences).problems).toEqual([]);
  });

  test.each([
    ['LSTM', { units: 4, returnSequences: true }],
    ['Bidirectional', { layer: { kind: 'GRU', params: { units: 4, returnSequences: true } } }],
  ])('%s that returns sequences before the Output: fixes in order of preference', (kind, params) => {
    const document = sequentialDocument([{ kind, params }, dense(3, 'softmax')]);
    const sequences = classFeatures([5, 2], 3);
    const problem = onlyProblem(document, sequences);
    expect(problem.code).toBe('target/rank');
    expect(problem.fixes).toMatchObject([
      { action: 'set-param' },
      { action: 'insert-before', params: { kind: 'GlobalAveragePooling1D' } },
      { action: 'insert-before', params: { kind: 'Flatten' } },
    ]);
    for (const fix of problem.fixes) {
      const change = changeForFix(document, fix, () => 'new');
      expect(analyze(applyChange(document, change!), sequences).problems).toEqual([]);
    }
  });

  test('Dropout with rate 1: layer/bad-parameter', () => {
    const document = sequentialDocument([{ kind: 'Dropout', params: { rate: 1 } }, dense(3, 'softmax')]);
    expect(onlyProblem(document, rows)).toMatchObject({ code: 'layer/bad-parameter', param: 'rate' });
  });

  test('Conv2D on rows of numbers: layer/shape', () => {
    const document = sequentialDocument([{ kind: 'Conv2D' }, { kind: 'Flatten' }, dense(3, 'softmax')]);
    const problem = onlyProblem(document, rows);
    expect(problem).toMatchObject({ code: 'layer/shape', nodeId: 'conv2d_1' });
  });

  test.each([{ kernelSize: 40 }, { groups: 2 }, { strides: 2, dilationRate: 2 }, { kernelSize: 10, dilationRate: 4 }])(
    'Conv2D with %j on 28 × 28 × 1: layer/shape',
    (params) => {
      const document = sequentialDocument([{ kind: 'Conv2D', params }, { kind: 'Flatten' }, dense(10, 'softmax')]);
      expect(onlyProblem(document, images)).toMatchObject({ code: 'layer/shape', nodeId: 'conv2d_1' });
    },
  );

  test('pooling below size 1: layer/shape', () => {
    const pools = Array.from({ length: 5 }, () => ({ kind: 'MaxPooling2D' }));
    const problem = onlyProblem(sequentialDocument([...pools, { kind: 'Flatten' }, dense(10, 'softmax')]), images);
    expect(problem).toMatchObject({ code: 'layer/shape', nodeId: 'maxpooling2d_5' });
    expect(problem.message).toContain('1 × 1 × 1');
  });

  test('weight beyond the size limit: layer/shape', () => {
    const problem = onlyProblem(sequentialDocument([dense(1_000_000), dense(1_000_000), dense(3, 'softmax')]), rows);
    expect(problem).toMatchObject({ code: 'layer/shape', nodeId: 'dense_2' });
  });
});

describe('data problems', () => {
  test('without a data set: advice graph/no-data and unknown shapes', () => {
    const analysis = analyze(mlpDocument(), null);
    expect(analysis.problems).toMatchObject([{ code: 'graph/no-data', severity: 'advice' }]);
    expect(analysis.nodes.get('hidden1')!.outputShape).toBeNull();
  });

  test('Input with a shape parameter: valid without data, graph/input-shape if data differ', () => {
    const document = mlpDocument();
    document.nodes[0]!.params['shape'] = [32, 32, 3];
    expect(analyze(document, null).nodes.get('flatten_1')!.outputShape).toEqual([null, 3072]);
    const problem = onlyProblem(document, images);
    expect(problem.code).toBe('graph/input-shape');
    expectFixed(document, images, problem);
  });

  test('malformed shape: one problem', () => {
    const document = mlpDocument();
    document.nodes[0]!.params['shape'] = [28, 'x'];
    expect(onlyProblem(document, images)).toMatchObject({ code: 'layer/bad-parameter', param: 'shape' });
  });
});

describe('target problems', () => {
  const withHead = (units: number, activation: string): ModelDocument =>
    sequentialDocument([dense(8, 'relu'), { kind: 'Dropout' }, dense(units, activation, { name: 'head' })]);

  test('8 units for 10 classes: the fix sets the units', () => {
    const document = sequentialDocument([{ kind: 'Flatten' }, dense(8, 'softmax', { name: 'head' })]);
    const problem = onlyProblem(document, images);
    expect(problem).toMatchObject({ code: 'target/units', nodeId: 'head', param: 'units' });
    expectFixed(document, images, problem);
  });

  test('wrong units and activation: one fix sets both', () => {
    const document = withHead(32, 'relu');
    const problem = onlyProblem(document, rows);
    expect(problem.fixes).toHaveLength(1);
    expect(problem.fixes[0]).toMatchInlineSnapshot(`
      {
        "action": "set-params",
        "label": "Set units of Dense 'head' to 3 and activation to softmax",
        "params": {
          "changes": [
            {
              "name": "units",
              "nodeId": "head",
              "value": 3,
            },
            {
              "name": "activation",
              "nodeId": "head",
              "value": "softmax",
            },
          ],
        },
      }
    `);
    expectFixed(document, rows, problem);
  });

  test('unsuitable loss: the fix chooses the loss automatically', () => {
    const problem = onlyProblem(withHead(3, 'softmax'), rows, objective('binaryCrossentropy'));
    expect(problem).toMatchObject({
      code: 'target/loss',
      fixes: [{ action: 'choose-loss', params: { output: 'output_4' } }],
    });
  });

  test.each<[string, number[], string[]]>([
    ['GlobalMaxPooling1D', [8, 8, 2], ['Replace it by GlobalMaxPooling2D', 'Insert Reshape to 64 × 2 before it']],
    ['LSTM', [8, 8, 2], ['Insert Reshape to 64 × 2 before it']],
    ['LSTM', [8], ['Insert Reshape to 8 × 1 before it']],
    ['RepeatVector', [8, 2], ['Insert Flatten before it']],
  ])('%s on %j: fixes change the layer or insert another', (kind, shape, labels) => {
    const document = sequentialDocument([{ kind }, { kind: 'Flatten' }, dense(3, 'softmax')]);
    const features = classFeatures(shape, 3);
    for (const index of labels.keys()) {
      const [problem] = analyze(document, features).problems;
      expect(problem!.fixes.map(({ label }) => label)).toEqual(labels);
      expectFixed(document, features, { ...problem!, fixes: [problem!.fixes[index]!] });
    }
  });

  test('3 units for a number: the fix sets the units', () => {
    const document = withHead(3, 'linear');
    const problem = onlyProblem(document, numericFeatures([4]));
    expect(problem).toMatchObject({ code: 'target/units', nodeId: 'head' });
    expectFixed(document, numericFeatures([4]), problem);
  });

  test('images at the Output: the fix inserts Flatten', () => {
    const document = sequentialDocument([{ kind: 'Conv2D' }, dense(10, 'softmax', { name: 'head' })]);
    const problem = onlyProblem(document, images);
    expect(problem).toMatchObject({ code: 'target/rank', nodeId: 'head' });
    expectFixed(document, images, problem);
  });

  test('Output without Dense before it: the fix adds one', () => {
    const document = sequentialDocument([{ kind: 'Conv2D' }, { kind: 'Flatten' }]);
    const problem = onlyProblem(document, images);
    expect(problem).toMatchObject({ code: 'target/units', nodeId: 'output_3' });
    expectFixed(document, images, problem);
  });

  test.each([
    ['linear', 'error'],
    ['relu', 'error'],
    ['tanh', 'error'],
    ['sigmoid', 'advice'],
  ])('classes with activation %s: %s', (activation, severity) => {
    const document = withHead(3, activation);
    const problem = onlyProblem(document, rows);
    expect(problem).toMatchObject({ code: 'target/activation', nodeId: 'head', severity, param: 'activation' });
    expectFixed(document, rows, problem);
    expect(codes(analyze(document, rows, objective('meanSquaredError')))).toEqual([]);
  });

  test('two classes with one softmax unit: the fix sets sigmoid', () => {
    const document = withHead(1, 'softmax');
    const problem = onlyProblem(document, classFeatures([4], 2));
    expect(problem).toMatchObject({ code: 'target/activation', severity: 'error' });
    expectFixed(document, classFeatures([4], 2), problem);
  });

  test('last Activation layer: checked and fixed instead of Dense', () => {
    const lines = [dense(3), { kind: 'Activation', name: 'last', params: { activation: 'softmax' } }];
    expect(codes(analyze(sequentialDocument(lines), rows))).toEqual([]);
    const document = sequentialDocument([dense(3), { ...lines[1]!, params: { activation: 'relu' } }]);
    const problem = onlyProblem(document, rows);
    expect(problem).toMatchObject({ code: 'target/activation', nodeId: 'last' });
    expectFixed(document, rows, problem);
  });

  test('number with a bounded last activation: advice or error', () => {
    for (const [activation, severity] of [
      ['relu', 'advice'],
      ['sigmoid', 'advice'],
      ['softmax', 'error'],
    ] as const) {
      const document = withHead(1, activation);
      const problem = onlyProblem(document, numericFeatures([4]));
      expect(problem).toMatchObject({ code: 'target/activation', nodeId: 'head', severity });
      expectFixed(document, numericFeatures([4]), problem);
    }
  });

  test('unsuitable losses and metrics: target/loss and target/metric', () => {
    const number = numericFeatures([4]);
    for (const loss of ['sparseCategoricalCrossentropy', 'categoricalCrossentropy', 'binaryCrossentropy'] as const) {
      expect(onlyProblem(withHead(1, 'linear'), number, objective(loss)).code).toBe('target/loss');
    }
    expect(onlyProblem(withHead(1, 'sigmoid'), rows, objective('binaryCrossentropy')).code).toBe('target/loss');
    expect(onlyProblem(withHead(1, 'linear'), number, objective('auto', ['accuracy']))).toMatchObject({
      code: 'target/metric',
      severity: 'advice',
    });
  });
});

test('analysis time is linear in the number of layers', () => {
  const hidden = { kind: 'Dense', params: { units: 64, activation: 'relu', kernelInitializer: 'heNormal' } };
  const analysisOf = (count: number) => {
    const document = sequentialDocument([...Array.from({ length: count }, () => hidden), dense(10, 'softmax')]);
    return () => expect(analyze(document, classFeatures([64], 10)).problems).toEqual([]);
  };
  const [few, many] = leastCpuTimes(3, analysisOf(125), analysisOf(500));
  expect(many! / few!).toBeLessThan(10);
});

test('a CNN has no problems', () => {
  expect(analyze(cnnDocument(), images)).toMatchObject({ problems: [], parameters: 1_199_882 });
});
