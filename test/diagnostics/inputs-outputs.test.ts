import { describe, expect, test } from 'vitest';
import { analyze } from '../../src-shared/diagnostics/analyze.ts';
import { compileModel } from '../../src-shared/diagnostics/compile-model.ts';
import { servingModel } from '../../src-shared/compiler/model-programs.ts';
import { initialWeights } from '../../src-shared/compiler/forward/initial-weights.ts';
import type { ModelFeatures } from '../../src-shared/compiler/graph/inputs.ts';
import type { TargetSpec } from '../../src-shared/data/prepared.ts';
import { changeForFix } from '../../src-shared/diagnostics/remedies/fixes.ts';
import type { JsonValue, ModelDocument } from '../../src-shared/document/schema/model-document.ts';
import { applyChange } from '../../src-shared/document/history/operations.ts';
import { graphProblemSchema } from '../../src-shared/document/schema/problem.ts';
import type { GraphProblem } from '../../src-shared/document/schema/problem.ts';
import type { TrainingConfiguration } from '../../src-shared/training/configuration/configuration.ts';
import { classFeatures, configurationWith, dense, sequentialDocument } from '../support/documents.ts';
import { numericColumns } from '../support/documents.ts';
import { documentOf } from '../support/output-fixtures.ts';
import type { NodeLine } from '../support/output-fixtures.ts';
import { Dice } from '../support/dice.ts';
import { interpret } from '../../src-shared/program/interpret/interpret.ts';
import { ReferenceSession } from '../support/reference-session.ts';
import { sizeOf, tensorOf } from '../../src-shared/program/interpret/tensor.ts';

const number = (name: string): TargetSpec => ({ kind: 'numeric', name, offset: 0, scale: 1, standardDeviation: 1 });
const classes = (name: string, ...names: string[]): TargetSpec => ({ kind: 'classes', name, classes: names });

const features: ModelFeatures = {
  columns: [
    ...numericColumns(['a', 'b', 'c']),
    { type: 'categorical', name: 'place', categories: ['x', 'y', 'z'], fill: null },
  ],
  inputShape: [6],
  targets: [number('price'), number('rent'), classes('kind', 'red', 'green', 'blue'), classes('sold', 'no', 'yes')],
  weight: null,
};

interface Ends {
  readonly wide?: JsonValue;
  readonly deep?: JsonValue;
  readonly main?: JsonValue;
  readonly auxiliary?: JsonValue;
  readonly mainHead?: NodeLine['params'];
  readonly names?: { readonly main: string };
}

function wideAndDeep({ wide, deep, main, auxiliary, mainHead, names }: Ends = {}): ModelDocument {
  const node = (kind: string, name: string, inputs: string[], params: NodeLine['params'] = {}): NodeLine => {
    return { kind, name, inputs, params };
  };
  return documentOf([
    node('Input', 'wide', [], { columns: wide === undefined ? ['a', 'c'] : wide }),
    node('Input', 'deep', [], { columns: deep ?? ['place', 'b'] }),
    node('Dense', 'hidden', ['deep'], { units: 5, activation: 'relu' }),
    node('Concatenate', 'joined', ['wide', 'hidden']),
    node('Dense', 'main_head', ['joined'], mainHead ?? { units: 3, activation: 'softmax' }),
    node('Output', names?.main ?? 'main', ['main_head'], { targets: main ?? ['kind'] }),
    node('Dense', 'auxiliary_head', ['hidden'], { units: 2, activation: 'linear' }),
    node('Output', 'auxiliary', ['auxiliary_head'], { targets: auxiliary ?? ['rent', 'price'] }),
  ]);
}

function problemsOf(document: ModelDocument, goals: Partial<TrainingConfiguration> = {}): GraphProblem[] {
  const { problems } = analyze(document, features, configurationWith(goals));
  return problems.map((problem) => graphProblemSchema.parse(problem));
}

/** The only problem; after its first fix no error may remain. */
function onlyProblem(document: ModelDocument, goals: Partial<TrainingConfiguration> = {}): GraphProblem {
  const [problem, ...others] = problemsOf(document, goals);
  expect(others).toEqual([]);
  const change = changeForFix(document, problem!.fixes[0]!, () => 'new');
  const after = problemsOf(applyChange(document, change!), goals);
  expect(after.filter(({ severity }) => severity === 'error')).toEqual([]);
  return problem!;
}

describe('a model of two inputs and two outputs', () => {
  test('has shapes from its columns and no problems', () => {
    const analysis = analyze(wideAndDeep(), features);
    expect(analysis.problems).toEqual([]);
    expect(analysis.nodes.get('wide')!.outputShape).toEqual([null, 2]);
    expect(analysis.nodes.get('deep')!.outputShape).toEqual([null, 4]);
    expect(analysis.nodes.get('joined')!.outputShape).toEqual([null, 7]);
  });

  test('compiles with an output plan for each Output', () => {
    const result = compileModel(wideAndDeep(), features, configurationWith({}));
    if (!result.ok) throw new Error(result.problems[0]?.message);
    const { model } = result;
    expect(model.outputs).toEqual([
      { nodeId: 'main', name: 'main', targets: [2], reproduces: null, logits: false, margins: false },
      { nodeId: 'auxiliary', name: 'auxiliary', targets: [1, 0], reproduces: null, logits: false, margins: false },
    ]);
    expect(model.programs.predict.outputs.map(({ name }) => name)).toEqual(['prediction', 'prediction_1']);
    expect(model.metrics.map(({ name }) => name)).toEqual([
      'main_loss',
      'auxiliary_loss',
      'main_accuracy',
      'auxiliary_mae',
    ]);
    const y = model.programs.train.inputs.find(({ name }) => name === 'y')!;
    expect(model.programs.train.values[y.value]).toEqual({ dtype: 'float32', shape: [null, 4] });
  });

  test('servingModel names its tensors after Inputs and Outputs', () => {
    const { program, inputs, outputs } = servingModel(wideAndDeep(), features, configurationWith({}));
    expect(program.inputs.map(({ name, value }) => [name, program.values[value]!.shape])).toEqual([
      ['wide', [null, 2]],
      ['deep', [null, 4]],
    ]);
    expect(inputs).toEqual([
      { name: 'wide', columns: ['a', 'c'], tensor: 'x', places: [0, 2] },
      { name: 'deep', columns: ['place', 'b'], tensor: 'x', places: [3, 4, 5, 1] },
    ]);
    expect(program.outputs.map(({ name }) => name)).toEqual(['main', 'auxiliary']);
    expect(outputs).toEqual([
      { name: 'main', targets: ['kind'], reproduces: null },
      { name: 'auxiliary', targets: ['rent', 'price'], reproduces: null },
    ]);
  });

  test('with only one input and one output needs no gather and slice', () => {
    const document = sequentialDocument([dense(4, 'relu'), dense(3, 'softmax')]);
    const result = compileModel(document, classFeatures([4], 3), configurationWith({}));
    if (!result.ok) throw new Error(result.problems[0]?.message);
    const ops = result.model.programs.train.operations.map(({ op }) => op);
    expect(ops.filter((op) => op === 'slice' || op === 'gather')).toEqual([]);
  });
});

test.each(Array.from({ length: 20 }, (_, seed) => seed))(
  'the serving model with separate Inputs equals the prediction, any columns in any order (seed %i)',
  (seed) => {
    const dice = new Dice(seed, 'columns');
    const names = features.columns!.map(({ name }) => name);
    const some = (): string[] => dice.shuffled(names).slice(0, dice.from(1, names.length));
    const document = wideAndDeep({ wide: some(), deep: some() });
    const result = compileModel(document, features, configurationWith({ seed }));
    if (!result.ok) throw new Error(result.problems[0]?.message);
    const weights = [...initialWeights(result.model, seed)].map(([name, data]) => {
      const { shape } = result.model.weights.find((weight) => weight.name === name)!;
      return [name, tensorOf('float32', shape, data)] as const;
    });
    const rows = [0, 1, 2].map((row) => Array.from({ length: 6 }, (_, place) => 10 * row + place));
    const x = tensorOf('float32', [3, 6], rows.flat());
    const whole = interpret(result.model.programs.predict, new Map([...weights, ['x', x]]));

    const { program, inputs } = servingModel(document, features, configurationWith({ seed }));
    const parts = inputs.map(({ name, places }) => {
      const values = rows.flatMap((row) => places?.map((place) => row[place]!) ?? row);
      return [name, tensorOf('float32', [3, values.length / 3], values)] as const;
    });
    const served = interpret(program, new Map([...weights, ...parts]));
    expect([...served.outputs.get('main')!.data]).toEqual([...whole.outputs.get('prediction')!.data]);
    expect([...served.outputs.get('auxiliary')!.data]).toEqual([...whole.outputs.get('prediction_1')!.data]);
  },
);

describe('columns of an Input', () => {
  const unknown: readonly [string, JsonValue][] = [
    ['all unknown', ['gone']],
    ['some unknown', ['gone', 'a', 'lost']],
    ['a target', ['price']],
  ];

  test.each(unknown)('%s: graph/unknown-feature', (_, wide) => {
    const problem = onlyProblem(wideAndDeep({ wide }));
    expect(problem).toMatchObject({ code: 'graph/unknown-feature', nodeId: 'wide', param: 'columns' });
  });

  test('messages of unknown columns', () => {
    expect(unknown.map(([, wide]) => onlyProblem(wideAndDeep({ wide })).message)).toMatchInlineSnapshot(`
      [
        "Input 'wide' expected features of the data set ('a', 'b', 'c', 'place'); received 'gone', which is not a feature. Choose other columns, or set its role to feature on the Data page.",
        "Input 'wide' expected features of the data set ('a', 'b', 'c', 'place'); received 'gone', 'lost', which are not features. Choose other columns, or set their roles to feature on the Data page.",
        "Input 'wide' expected features of the data set ('a', 'b', 'c', 'place'); received 'price', which is not a feature. Choose other columns, or set its role to feature on the Data page.",
      ]
    `);
  });

  test.each<JsonValue>([['a', 'a'], ['a', 1], 'a', { a: 1 }, [''], null])('%j: layer/bad-parameter', (wide) => {
    expect(onlyProblem(wideAndDeep({ wide })).code).toBe('layer/bad-parameter');
  });

  test('shape parameter that differs from the columns: graph/input-shape', () => {
    const document = wideAndDeep();
    document.nodes[0]!.params['shape'] = [3];
    const problem = problemsOf(document).find(({ code }) => code === 'graph/input-shape');
    expect(problem!.message).toMatchInlineSnapshot(
      `"Input 'wide' expected examples of shape 3; received 2 from the data set. Take the shape from the data set."`,
    );
  });

  test('without prepared data: graph/no-data for each Input', () => {
    const { problems } = analyze(wideAndDeep(), null);
    expect(problems.map(({ code, nodeId }) => [code, nodeId])).toEqual([
      ['graph/no-data', 'wide'],
      ['graph/no-data', 'deep'],
    ]);
  });
});

describe('targets of an Output', () => {
  test('unknown target: fixes offer the existing ones', () => {
    const problem = onlyProblem(wideAndDeep({ main: ['gone'], mainHead: { units: 1, activation: 'linear' } }));
    expect(problem).toMatchObject({ code: 'graph/unknown-target', nodeId: 'main', param: 'targets' });
    expect(problem.fixes).toContainEqual(
      expect.objectContaining({ params: { nodeId: 'main', name: 'targets', value: ['rent'] } }),
    );
  });

  test('classes together with numbers: target/mixed', () => {
    const problem = onlyProblem(wideAndDeep({ auxiliary: ['rent', 'sold', 'price'] }));
    expect(problem.code).toBe('target/mixed');
    expect(problem.message).toMatchInlineSnapshot(
      `"Output 'auxiliary' expected numbers only, targets of two classes only, or one target of more classes; received the classes of 'sold' with the numbers 'price', 'rent'. Add an Output for the classes."`,
    );
    const two = problemsOf(wideAndDeep({ main: ['kind', 'sold'] }));
    expect(two.map(({ code }) => code)).toEqual(['target/mixed']);
  });

  test('several two-class targets are valid together, but not with more classes', () => {
    const more = [...features.targets, classes('lift', 'no', 'yes')];
    const of = (auxiliary: string[]) => analyze(wideAndDeep({ auxiliary }), { ...features, targets: more }).problems;
    expect(of(['sold', 'lift'])).toMatchObject([{ code: 'target/activation', severity: 'error' }]);
    expect(of(['sold', 'lift', 'kind'])).toMatchObject([
      {
        code: 'target/mixed',
        fixes: [{ params: { value: ['sold', 'lift'] } }, { params: { value: ['kind'] } }],
      },
    ]);
  });

  test('none chosen among several two-class targets: the first fix offers all', () => {
    const labels = [classes('sold', 'no', 'yes'), classes('lift', 'no', 'yes')];
    const document = sequentialDocument([dense(1, 'sigmoid')]);
    const { problems } = analyze(document, { inputShape: [6], targets: labels });
    expect(problems).toMatchObject([
      { code: 'target/unsaid', fixes: [{ params: { value: ['sold', 'lift'] } }, {}, {}] },
    ]);
  });

  test('none chosen among other targets: advice, the first one is used', () => {
    const document = wideAndDeep({ main: [], mainHead: { units: 1, activation: 'linear' } });
    const problem = onlyProblem(document);
    expect(problem).toMatchObject({ code: 'target/unsaid', severity: 'advice', nodeId: 'main' });
    expect(problem.message).toMatchInlineSnapshot(
      `"The data set has 4 targets ('price', 'rent', 'kind', 'sold'), and Output 'main' names none; it predicts the first, 'price'. Choose its targets."`,
    );
  });

  test('units differ from the number of numeric targets: target/units', () => {
    const document = wideAndDeep({ auxiliary: ['rent', 'price'] });
    document.nodes.find(({ id }) => id === 'auxiliary_head')!.params['units'] = 3;
    const problem = onlyProblem(document);
    expect(problem).toMatchObject({ code: 'target/units', nodeId: 'auxiliary_head' });
    expect(problem.fixes).toMatchObject([{ action: 'set-param', params: { name: 'units', value: 2 } }]);
  });

  test('Output named like a validation metric: graph/bad-name', () => {
    const problem = onlyProblem(wideAndDeep({ names: { main: 'val_price' } }));
    expect(problem).toMatchObject({ code: 'graph/bad-name', fixes: [{ params: { name: 'output_price' } }] });
  });
});

describe('row and class weights', () => {
  const document = documentOf([
    { kind: 'Input', name: 'input', inputs: [], params: { columns: ['a'] } },
    { kind: 'Dense', name: 'head', inputs: ['input'], params: { units: 3, activation: 'softmax' } },
    { kind: 'Output', name: 'output', inputs: ['head'], params: { targets: ['kind'] } },
  ]);
  const weighted: ModelFeatures = {
    columns: numericColumns(['a']),
    inputShape: [1],
    targets: [{ kind: 'classes', name: 'kind', classes: ['red', 'green', 'blue'], counts: [6, 3, 1] }],
    weight: { name: 'trust' },
  };

  /** Loss of three rows, one for each class, of a model that predicts 1/3 for each class. */
  function loss(classWeights: TrainingConfiguration['classWeights'], program: 'train' | 'evaluate'): number {
    const result = compileModel(document, weighted, configurationWith({ classWeights }));
    if (!result.ok) throw new Error(result.problems[0]?.message);
    const zeros = new Map(result.model.weights.map(({ name, shape }) => [name, new Float32Array(sizeOf(shape))]));
    const x = tensorOf('float32', [3, 1], [1, 2, 3]);
    const y = tensorOf('float32', [3, 2], [0, 1, 1, 0, 2, 4]);
    const session = new ReferenceSession(result.model, zeros, x, y);
    return session.run(result.model.programs[program], Int32Array.of(0, 1, 2), 0.1)[0]!;
  }

  test('are multiplied in training; a row of weight 0 is ignored', () => {
    expect(loss('none', 'train')).toBeCloseTo((Math.log(3) * (1 + 0 + 4)) / 3, 6);
    const balanced = [10 / 18, 10 / 9, 10 / 3];
    expect(loss('balanced', 'train')).toBeCloseTo((Math.log(3) * (balanced[0]! + 4 * balanced[2]!)) / 3, 6);
    expect(loss({ blue: 0.5, green: 9 }, 'train')).toBeCloseTo((Math.log(3) * (1 + 4 * 0.5)) / 3, 6);
  });

  test('class weights are not applied in evaluation', () => {
    expect(loss('balanced', 'evaluate')).toBeCloseTo((Math.log(3) * 5) / 3, 6);
  });
});

describe('settings of an Output', () => {
  test('its loss is checked against its target', () => {
    const [problem] = problemsOf(wideAndDeep(), { outputs: { main: { loss: 'poisson' } } });
    expect(problem).toMatchObject({ code: 'target/loss', nodeId: 'main' });
    expect(problemsOf(wideAndDeep(), { outputs: { auxiliary: { loss: 'huber', metrics: ['mae'] } } })).toEqual([]);
  });

  test('settings for a missing Output: advice, the fix moves or removes them', () => {
    const [problem] = problemsOf(wideAndDeep(), { outputs: { head: { lossWeight: 2 } } });
    expect(problem).toMatchObject({ code: 'target/unknown-output', severity: 'advice', nodeId: null });
    expect(problem!.message).toMatchInlineSnapshot(
      `"The training settings have loss and metrics for an Output named 'head', which the model does not have; they have no effect. Remove them, or rename an Output."`,
    );
    expect(problem!.fixes).toMatchObject([{ action: 'move-goals', params: { from: ['head'], to: null } }]);
    const [renamed] = problemsOf(wideAndDeep(), { outputs: { head: { lossWeight: 2 }, main: {} } });
    expect(renamed!.fixes[0]).toMatchObject({
      action: 'move-goals',
      params: { from: ['head'], to: 'auxiliary' },
    });
  });

  test('all loss weights 0: advice', () => {
    const none = { lossWeight: 0 };
    const [problem] = problemsOf(wideAndDeep(), { outputs: { main: none, auxiliary: none } });
    expect(problem).toMatchObject({ code: 'target/no-loss', severity: 'advice' });
    expect(problemsOf(wideAndDeep(), { outputs: { main: none } })).toEqual([]);
  });

  test('class weights of unknown classes: advice', () => {
    const goals = { outputs: { main: { classWeights: { red: 2, violet: 3 } } } };
    const [problem] = problemsOf(wideAndDeep(), goals);
    expect(problem).toMatchObject({ code: 'target/class-weights', severity: 'advice', nodeId: 'main' });
    expect(problem!.message).toMatchInlineSnapshot(
      `"Class weights expected classes of 'kind' ('red', 'green', 'blue'); received 'violet', which has no effect. Set the weights again in the training settings."`,
    );
  });
});
