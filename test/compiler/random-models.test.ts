import { describe, expect, test } from 'vitest';
import { compileModel } from '../../src-shared/diagnostics/compile-model.ts';
import { initialWeights } from '../../src-shared/compiler/forward/initial-weights.ts';
import type { ModelDocument } from '../../src-shared/document/schema/model-document.ts';
import { validateProgram } from '../../src-shared/program/builder/validate.ts';
import { defaultOptimizer, optimizerKinds } from '../../src-shared/training/configuration/optimizers.ts';
import { classFeatures, configurationWith } from '../support/documents.ts';
import { modelCase, ROWS, slopes } from '../support/model-case.ts';
import { seedsOf } from '../support/portion.ts';
import { innerKinds, randomModel } from '../support/random-model.ts';
import { interpret } from '../../src-shared/program/interpret/interpret.ts';
import { ReferenceSession } from '../support/reference-session.ts';
import { tensorOf } from '../../src-shared/program/interpret/tensor.ts';

/** Random graphs over the whole catalog: one model for each kind of layer, and more as the portion says. */
const kinds = innerKinds.length;
const seeds = seedsOf('models', { quick: kinds, ci: 5 * kinds, soak: 40 * kinds });
const cases = seeds.map((seed) => modelCase(randomModel(seed, innerKinds[seed % kinds]!)));

/** The model with class probabilities at its Outputs and trainable heads. */
function withClasses(document: ModelDocument): ModelDocument {
  const outputs = document.nodes.filter(({ kind }) => kind === 'Output').map(({ id }) => id);
  const heads = document.edges.filter(({ target }) => outputs.includes(target)).map(({ source }) => source);
  const nodes = document.nodes.map((node) =>
    heads.includes(node.id) ? { ...node, frozen: false, params: { ...node.params, activation: 'softmax' } } : node,
  );
  return { ...document, nodes };
}

/** Attempts to find a point where the model is smooth. */
const POINTS = 6;

describe.each(
  cases.map((example) => ({ title: `seed ${example.model.seed}: ${example.model.kinds.join(', ')}`, example })),
)('$title', ({ example }) => {
  test('values have the inferred shapes and are finite', () => {
    const { program, feeds, shapes } = example;
    expect(validateProgram(program)).toEqual([]);
    const { outputs } = interpret(program, feeds);
    for (const [name, shape] of shapes) {
      expect(outputs.get(name)!.shape, name).toEqual(shape.map((size) => size ?? ROWS));
    }
    for (const [name, { data }] of outputs) expect(data.every(Number.isFinite), name).toBe(true);
  });

  const inputs = example.model.document.nodes.filter(({ kind }) => kind === 'Input');
  test.skipIf(inputs.length > 1)('compiles with an optimizer, and one step changes only trainable state', () => {
    const { seed, document } = example.model;
    const optimizer = { ...defaultOptimizer(optimizerKinds[seed % optimizerKinds.length]!), learningRate: 0.001 };
    const shape = inputs[0]!.params['shape'] as number[];
    const result = compileModel(withClasses(document), classFeatures(shape, 2), configurationWith({ seed, optimizer }));
    if (!result.ok) throw new Error(result.problems.map(({ message }) => message).join('\n'));
    const { model } = result;
    for (const program of [model.programs.train, model.programs.evaluate, model.programs.predict])
      expect(validateProgram(program)).toEqual([]);
    const y = tensorOf('int32', [ROWS, 1], [0, 1, 1]);
    const session = new ReferenceSession(model, initialWeights(model, seed), example.feeds.get(inputs[0]!.id)!, y);
    const rows = Int32Array.from({ length: ROWS }, (_, row) => row);
    const before = new Map(session.state);
    for (const program of [model.programs.train, model.programs.evaluate, model.programs.predict]) {
      expect(session.run(program, rows, 0.001).every(Number.isFinite)).toBe(true);
    }
    const changed = model.programs.train.state.filter(({ update }) => update !== undefined).map(({ name }) => name);
    for (const [name, tensor] of session.state) {
      expect(tensor.data.every(Number.isFinite), name).toBe(true);
      if (!changed.includes(name)) expect(tensor, name).toBe(before.get(name));
    }
    const trainable = model.weights.filter((weight) => weight.trainable).map(({ name }) => name);
    expect(changed.filter((name) => model.weights.some((weight) => weight.name === name && !weight.trainable))).toEqual(
      changed.filter((name) => /moving_(mean|variance)$/.test(name)),
    );
    expect(trainable.length).toBeGreaterThan(0);
  });

  test('gradients equal finite differences', () => {
    const found = Array.from({ length: POINTS }, (_, attempt) => attempt);
    const tried: string[] = [];
    const agrees = found.some((attempt) => {
      const { gradient, differences } = slopes(example, attempt);
      tried.push(`${gradient} by gradients, ${differences.join(' ')} by differences`);
      const scale = Math.max(1, Math.abs(gradient));
      const near = (a: number, b: number): boolean => Math.abs(a - b) < 1e-5 * scale;
      const smooth = near(differences[0]!, differences[1]!) && near(differences[1]!, differences[2]!);
      // At a kink finite differences are undefined; only smooth points are compared.
      if (!smooth) return false;
      expect(Math.abs(gradient - differences[1]!), tried.at(-1)).toBeLessThan(1e-5 * scale);
      return true;
    });
    expect(agrees, tried.join('\n')).toBe(true);
  });
});
