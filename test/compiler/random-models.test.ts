import { describe, expect, test } from 'vitest';
import { modelCase, ROWS, slopes } from '../support/model-case.ts';
import { innerKinds, randomModel } from '../support/random-model.ts';
import { runReference } from '../support/reference/run.ts';
import { validateProgram } from '../../src-shared/program/validate.ts';

/** Random graphs over the whole catalog: one model for each kind of layer, or LAMINA_RANDOM_MODELS of them. */
const count = Number(process.env['LAMINA_RANDOM_MODELS'] ?? innerKinds.length);
const cases = Array.from({ length: count }, (_, seed) =>
  modelCase(randomModel(seed, innerKinds[seed % innerKinds.length]!)),
);

/** Points at which differences are tried before a model counts as nowhere smooth. */
const POINTS = 6;

describe.each(
  cases.map((example) => ({ title: `seed ${example.model.seed}: ${example.model.kinds.join(', ')}`, example })),
)('$title', ({ example }) => {
  test('makes the shapes that were inferred, and finite numbers', () => {
    const { program, feeds, shapes } = example;
    expect(validateProgram(program)).toEqual([]);
    const { outputs } = runReference(program, feeds);
    for (const [name, shape] of shapes) {
      expect(outputs.get(name)!.shape, name).toEqual(shape.map((size) => size ?? ROWS));
    }
    for (const [name, { data }] of outputs) expect(data.every(Number.isFinite), name).toBe(true);
  });

  test('has gradients that equal differences', () => {
    const found = Array.from({ length: POINTS }, (_, attempt) => attempt);
    const tried: string[] = [];
    const agrees = found.some((attempt) => {
      const { gradient, differences } = slopes(example, attempt);
      tried.push(`${gradient} by gradients, ${differences.join(' ')} by differences`);
      const scale = Math.max(1, Math.abs(gradient));
      const near = (a: number, b: number): boolean => Math.abs(a - b) < 1e-5 * scale;
      const smooth = near(differences[0]!, differences[1]!) && near(differences[1]!, differences[2]!);
      // At a kink differences say nothing; elsewhere they decide.
      if (!smooth) return false;
      expect(Math.abs(gradient - differences[1]!), tried.at(-1)).toBeLessThan(1e-5 * scale);
      return true;
    });
    expect(agrees, tried.join('\n')).toBe(true);
  });
});
