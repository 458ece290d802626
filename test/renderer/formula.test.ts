import { describe, expect, it } from 'vitest';
import { curveOf, extentOf, jumpsOf, pathOf } from '../../src-renderer/components/formula/curve.ts';
import {
  activationExamples,
  layerExamples,
  lossExamples,
  metricExamples,
  scheduleExamples,
} from '../../src-renderer/components/formula/formula-examples.ts';
import { formulaFault } from '../../src-shared/expression/parse.ts';
import { formulaVariables } from '../../src-shared/layers/parameters/layer-formula.ts';
import { GOAL_VARIABLES, SCHEDULE_VARIABLES } from '../../src-shared/training/field-schemas/formulas.ts';
import { scheduleFault } from '../../src-shared/training/schedules/fault.ts';
import { formulaLossFault, formulaMetricFault } from '../../src-shared/diagnostics/checks/formula-goals.ts';

describe('formula curve', () => {
  const near = (formula: string, x: number) => {
    const curve = curveOf(formula, 4)!;
    const i = curve.x.findIndex((point) => point >= x);
    return { y: curve.y[i]!, slope: curve.slope[i]! };
  };

  it('has values and slope of the formula', () => {
    expect(near('x^2', 2).y).toBeCloseTo(4, 2);
    expect(near('x^2', 2).slope).toBeCloseTo(4, 2);
    expect(near('relu(x)', 0)).toEqual({ y: expect.closeTo(0, 3) as number, slope: expect.closeTo(1, 6) as number });
  });

  it('has slope 0 at jumps', () => {
    for (const formula of ['x >= 0', 'sign(x)', 'floor(x)', 'floor(2 * x)']) {
      expect(curveOf(formula, 4)!.slope.every((slope) => slope === 0)).toBe(true);
    }
  });

  it('has gaps at jumps, but not at corners', () => {
    const jumps = (formula: string) => jumpsOf(curveOf(formula, 4)!).filter(Boolean).length;
    expect(jumps('x >= 0')).toBe(1);
    expect(jumps('floor(x)')).toBe(8);
    for (const formula of ['relu(x)', 'abs(x)', 'where(x > 0, 3 * x, -x)', 'exp(x)', 'x^3'])
      expect(jumps(formula)).toBe(0);
  });

  it('is null for an invalid or not elementwise formula', () => {
    expect(curveOf('x +', 4)).toBeNull();
    expect(curveOf('softmax(x)', 4)).toBeNull();
  });

  it('has gaps where the formula is undefined, and clips far values', () => {
    const curve = curveOf('log(x)', 4)!;
    expect(curve.y[0]).toBeNaN();
    expect(extentOf(curve).every(Number.isFinite)).toBe(true);
    expect(extentOf(curveOf('exp(x)', 4)!)[1]).toBeLessThanOrEqual(5);
    const path = pathOf(
      [0, 1, 2, 3, 4],
      [0, 1, Number.NaN, 1, 1e9],
      (x) => x,
      (y) => y,
      10,
    );
    expect(path).toBe('M0.0 0.0L1.0 1.0M3.0 1.0');
  });
});

describe('formula examples are valid', () => {
  const read = (formula: string, variables: readonly string[]) => formulaFault(formula, variables)?.message ?? null;

  it.each(activationExamples)('activation: $name', ({ formula }) => expect(curveOf(formula, 4)).not.toBeNull());
  it.each(lossExamples)('loss: $name', ({ formula }) => {
    expect(read(formula, GOAL_VARIABLES)).toBeNull();
    expect(formulaLossFault(formula, 3)).toBeNull();
  });
  it.each(metricExamples)('metric: $name', ({ formula }) => {
    expect(read(formula, GOAL_VARIABLES)).toBeNull();
    expect(formulaMetricFault(formula, 3)).toBeNull();
  });
  it.each(scheduleExamples)('schedule: $name', ({ formula }) => {
    expect(read(formula, SCHEDULE_VARIABLES)).toBeNull();
    expect(scheduleFault({ kind: 'formula', unit: 'step', formula }, 0.01, 1000, 50)).toBeNull();
  });
  it.each(layerExamples)('layer: $name', ({ formula }) => {
    const parameters = ['alpha', 'beta'].map((name) => ({ name, initial: 1, perValue: false }));
    expect(read(formula, formulaVariables(2, parameters))).toBeNull();
  });
});
