import { describe, expect, test } from 'vitest';
import { analyze } from '../../src-shared/diagnostics/analyze.ts';
import { compileModel } from '../../src-shared/diagnostics/compile-model.ts';
import type { JsonValue, ModelDocument } from '../../src-shared/document/schema/model-document.ts';
import { evaluate } from '../../src-shared/expression/evaluate.ts';
import { isElementwise } from '../../src-shared/expression/elementwise.ts';
import { parseFormula } from '../../src-shared/expression/parse.ts';
import { activationFormulas } from '../../src-shared/layers/activations/activation-formulas.ts';
import { applyActivation } from '../../src-shared/layers/activations/named-activations.ts';
import type { ActivationName } from '../../src-shared/layers/activations/named-activations.ts';
import { layerCatalog } from '../../src-shared/layers/catalog/catalog.ts';
import { resolveParameters } from '../../src-shared/layers/parameters/resolve-parameters.ts';
import { ProgramBuilder } from '../../src-shared/program/builder/builder.ts';
import { deriveKey, uniform } from '../../src-shared/program/random/philox.ts';
import { validateProgram } from '../../src-shared/program/builder/validate.ts';
import { classFeatures, configurationWith, dense, numericFeatures, sequentialDocument } from '../support/documents.ts';
import type { LayerLine } from '../support/documents.ts';
import { interpret } from '../../src-shared/program/interpret/interpret.ts';
import { ReferenceSession } from '../support/reference-session.ts';
import { sizeOf, tensorOf } from '../../src-shared/program/interpret/tensor.ts';

const points = [-20, -3.5, -3, -1, -0.25, 0.25, 1, 2.5, 3, 6.5, 20];

/** Values of the activation at all points, from an emitted program. */
function emitted(activation: JsonValue): number[] {
  const b = new ProgramBuilder();
  const x = b.input('x', 'float32', [null, 1]);
  b.output('y', applyActivation(b, activation, x));
  const feeds = new Map([['x', tensorOf('float32', [points.length, 1], points)]]);
  return [...interpret(b.build(), feeds).outputs.get('y')!.data];
}

describe.each(Object.entries(activationFormulas))('the formula of %s', (name, formula) => {
  test('equals the activation, as plain numbers and as a program', () => {
    const expected = emitted(name);
    const expression = parseFormula(formula, ['x']);
    const close = (values: number[]): void =>
      values.forEach((value, i) => expect(value, `at ${points[i]}`).toBeCloseTo(expected[i]!, 9));
    close(emitted({ formula }));
    if (isElementwise(expression)) close(points.map((x) => evaluate(expression, new Map([['x', x]]))));
    else expect(['softmax', 'logSoftmax'] satisfies ActivationName[]).toContain(name);
  });
});

const problemsOf = (line: LayerLine, inputShape = [4]) =>
  analyze(sequentialDocument([line, dense(1)]), numericFeatures(inputShape)).problems;

describe('formula activation', () => {
  test.each(['Dense', 'Activation'])('is accepted by %s', (kind) => {
    expect(problemsOf({ kind, params: { activation: { formula: 'x * sigmoid(x)' } } })).toEqual([]);
  });

  test('is shown in the summary', () => {
    const summary = (kind: string): string => {
      const definition = layerCatalog.get(kind)!;
      return definition.summarize(resolveParameters(definition, { activation: { formula: 'sin(x)' } }).values);
    };
    expect(summary('Dense')).toBe('32, sin(x)');
    expect(summary('Conv2D')).toContain('sin(x)');
    expect(summary('Activation')).toBe('sin(x)');
  });

  const invalid: readonly [JsonValue, string][] = [
    [{ formula: 'x * sigmoi(x)' }, 'layer/bad-parameter'],
    [{ formula: 'a + 1' }, 'layer/bad-parameter'],
    [{ formula: '3' }, 'layer/bad-parameter'],
    [{ formula: 3 }, 'layer/bad-parameter'],
    [{ formula: 'x', more: 1 }, 'layer/bad-parameter'],
    [{ formula: 'sum(x)' }, 'layer/shape'],
    [{ formula: 'x+'.repeat(600) + 'x' }, 'layer/bad-parameter'],
  ];
  const errorOf = (activation: JsonValue) => problemsOf({ kind: 'Dense', params: { activation } })[0];

  test.each(invalid)('%j is rejected: %s', (activation, code) => {
    expect(errorOf(activation)).toMatchObject({ code, severity: 'error' });
  });

  test('messages of rejected formulas', () => {
    const shown = invalid.slice(0, -1).map(([activation]) => errorOf(activation)!.message);
    expect(shown).toMatchInlineSnapshot(`
      [
        "Dense 'dense_1' expected Activation to be a formula of x (At character 5: expected a function; received 'sigmoi'. Did you mean sigmoid?); received formula 'x * sigmoi(x)'. Set it to None (linear) (the default) or another such value.",
        "Dense 'dense_1' expected Activation to be a formula of x (At character 1: expected one of x, pi, e; received 'a'. Did you mean x?); received formula 'a + 1'. Set it to None (linear) (the default) or another such value.",
        "Dense 'dense_1' expected Activation to be a formula of x (expected x in the formula; received none. Write x for the value of the layer.); received formula '3'. Set it to None (linear) (the default) or another such value.",
        "Dense 'dense_1' expected Activation to be one of linear, relu, relu6, leakyRelu, elu, … (20 in all), or a formula of x; received formula 3. Set it to None (linear) (the default) or another such value.",
        "Dense 'dense_1' expected Activation to be one of linear, relu, relu6, leakyRelu, elu, … (20 in all), or a formula of x; received formula 'x', more 1. Set it to None (linear) (the default) or another such value.",
        "Dense 'dense_1' cannot be built on its input. Expected an activation that keeps the shape 32; received 1 from sum(x). Use a Formula layer for that.",
      ]
    `);
  });
});

describe('formula activations of recurrent layers equal the named ones', () => {
  const predictions = (kind: string, activation: JsonValue, recurrentActivation: JsonValue): number[] => {
    const gates = kind === 'SimpleRNN' ? {} : { recurrentActivation };
    const document = sequentialDocument([{ kind, params: { units: 3, activation, ...gates } }, dense(1)]);
    const result = compileModel(document, numericFeatures([4, 2]), configurationWith({}));
    if (!result.ok) throw new Error(result.problems.map(({ message }) => message).join('\n'));
    const weights = new Map(
      result.model.weights.map(({ name, shape }) => [
        name,
        uniform(deriveKey(1, name), 0, sizeOf(shape)).map((value) => value - 0.5),
      ]),
    );
    const x = tensorOf('float32', [2, 4, 2], uniform([3, 4], 0, 16));
    const session = new ReferenceSession(result.model, weights, x, tensorOf('float32', [2, 1], [0, 1]));
    return [...session.run(result.model.programs.predict, Int32Array.of(0, 1))];
  };

  test.each(['SimpleRNN', 'LSTM', 'GRU'])('%s', (kind) => {
    const named = predictions(kind, 'tanh', 'sigmoid');
    const written = predictions(kind, { formula: '2 * sigmoid(2 * x) - 1' }, { formula: '1 / (1 + exp(-x))' });
    written.forEach((value, i) => expect(value).toBeCloseTo(named[i]!, 10));
  });
});

describe('Formula layer', () => {
  const formulaLine = (formula: JsonValue, parameters: JsonValue = []): LayerLine => ({
    kind: 'Formula',
    name: 'own',
    params: { formula, parameters },
  });

  test('has trainable parameters, one for the layer or one for each value', () => {
    const parameters = [
      { name: 'alpha', initial: 0.25, perValue: true },
      { name: 'beta', initial: 1, perValue: false },
    ];
    const document = sequentialDocument([
      formulaLine('where(x > 0, x, alpha * x) * sigmoid(beta * a)', parameters),
      dense(1),
    ]);
    const result = compileModel(document, numericFeatures([4]), configurationWith({}));
    if (!result.ok) throw new Error(result.problems.map(({ message }) => message).join('\n'));
    const { weights, programs } = result.model;
    const { train, predict } = programs;
    const own = weights.filter(({ layer }) => layer === 'own');
    expect(own.map(({ name, shape, initializer, trainable }) => ({ name, shape, initializer, trainable }))).toEqual([
      { name: 'own/alpha', shape: [4], initializer: { name: 'constant', value: 0.25 }, trainable: true },
      { name: 'own/beta', shape: [1], initializer: { name: 'constant', value: 1 }, trainable: true },
    ]);
    expect(train.state.find(({ name }) => name === 'own/alpha')?.update).toBeDefined();
    expect(train.state.find(({ name }) => name === 'own/beta')?.update).toBeDefined();
    for (const program of [train, predict]) expect(validateProgram(program)).toEqual([]);
  });

  test('merges inputs of different rank in the order of their connections', () => {
    const document = sequentialDocument([{ kind: 'Flatten', name: 'flat' }, formulaLine('a * 2 - b / c'), dense(1)]);
    const [input, , own] = document.nodes as [{ id: string }, unknown, { id: string }];
    const connect = (id: string, source: string): ModelDocument['edges'][number] => ({ id, source, target: own.id });
    document.edges.push(connect('second', input.id), connect('third', 'flat'));
    const analysis = analyze(document, numericFeatures([1, 6]));
    expect(analysis.nodes.get('own')?.outputShape).toEqual([null, 1, 6]);
    expect(analysis.problems.filter(({ nodeId }) => nodeId === 'own')).toEqual([]);
  });

  const invalid: readonly [JsonValue, JsonValue][] = [
    ['a +', []],
    ['a + b', []],
    ['1 + 1', []],
    ['a^0', []],
    ['a', [{ name: 'beta', initial: 1, perValue: false }]],
    ['a * k', [{ name: 'k' }]],
    ['a * exp', [{ name: 'exp', initial: 1, perValue: false }]],
    ['a * k', [1, 2].map(() => ({ name: 'k', initial: 1, perValue: false }))],
    [3, []],
    ['a', 'alpha'],
  ];

  test.each(invalid)('%j with %j is rejected', (formula, parameters) => {
    expect(problemsOf(formulaLine(formula, parameters))[0]).toMatchObject({
      code: expect.stringMatching(/^layer\/(bad-parameter|shape)$/) as string,
      severity: 'error',
      nodeId: 'own',
    });
  });

  test('messages of rejected formulas and parameters', () => {
    const found = invalid.map(([formula, parameters]) => problemsOf(formulaLine(formula, parameters))[0]!.message);
    expect(found).toMatchInlineSnapshot(`
      [
        "Formula 'own' has a formula that cannot be read. At character 4: expected a number, a name or (; received the end. Complete the formula.",
        "Formula 'own' has a formula that cannot be read. At character 5: expected one of x, a, pi, e; received 'b'. Did you mean x?",
        "Formula 'own' expected an input in its formula; received none. Write a for the input.",
        "Formula 'own' cannot be built on its input. Expected values for each example; received a single value. Use an input where it counts.",
        "Formula 'own' expected its parameters in the formula; received none of beta. Use beta, or remove it.",
        "Formula 'own' expected Parameters to be a list of { "name", "initial" and "perValue" }, initial a number within a million; received (name 'k'). Set it to none (the default) or another such value.",
        "Formula 'own' expected Parameters to be a list of parameters, the name of each being a name that no input, number or function has; received (name 'exp', initial 1, perValue false). Set it to none (the default) or another such value.",
        "Formula 'own' expected Parameters to be a list of parameters with different names; received (name 'k', initial 1, perValue false) and (name 'k', initial 1, perValue false). Set it to none (the default) or another such value.",
        "Formula 'own' expected Formula to be a formula; received 3. Set it to a (the default) or another such value.",
        "Formula 'own' expected Parameters to be a list of at most 16 parameters; received 'alpha'. Set it to none (the default) or another such value.",
      ]
    `);
  });

  test('knows the constant e', () => {
    expect(problemsOf(formulaLine('a + e'))).toEqual([]);
  });

  test('reports a fault at its parameter', () => {
    const { problems } = analyze(sequentialDocument([formulaLine('a + nothing'), dense(1)]), numericFeatures([4]));
    expect(problems).toMatchObject([{ code: 'layer/bad-parameter', nodeId: 'own', param: 'formula' }]);
  });
});

describe('layers without gradient are reported', () => {
  const messages = (lines: LayerLine[], loss: 'auto' | 'perceptron' = 'auto'): string[] =>
    analyze(sequentialDocument(lines), classFeatures([4], 2), { loss, metrics: [] }).problems.map(
      ({ severity, code, nodeId }) => `${severity} ${code} ${nodeId}`,
    );

  test('before a step activation: advice', () => {
    const lines = [dense(3, 'step', { name: 'hidden' }), dense(1, 'sigmoid')];
    expect(messages(lines)).toEqual(['advice graph/no-gradient hidden']);
  });

  test('all layers: error, except for the perceptron loss', () => {
    expect(messages([dense(1, 'step', { name: 'end' })])).toContain('error graph/no-gradient end');
    expect(messages([dense(1, 'step', { name: 'end' })], 'perceptron')).toEqual([]);
  });

  test('before a formula with zero gradient: advice', () => {
    const flat = { kind: 'Formula', params: { formula: 'floor(a) + stopGradient(a)' } };
    expect(messages([dense(3, 'tanh', { name: 'hidden' }), flat, dense(1, 'sigmoid')])).toEqual([
      'advice graph/no-gradient hidden',
    ]);
  });
});
