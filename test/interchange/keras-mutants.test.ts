import { describe, expect, it } from 'vitest';
import { analyze } from '../../src-shared/diagnostics/analyze.ts';
import { AppError } from '../../src-shared/errors/app-error.ts';
import { readKeras } from '../../src-shared/interchange/keras/from-keras.ts';
import { kerasCode } from '../../src-shared/interchange/keras/code.ts';
import { toKeras } from '../../src-shared/interchange/keras/to-keras.ts';
import { Dice } from '../support/dice.ts';
import { readFixture, sketchDocument } from '../support/keras-fixtures.ts';
import { seedsOf } from '../support/portion.ts';

const fixtures = readFixture<{ readonly name: string; readonly model: unknown }[]>('keras-models.json');

const VALUES: readonly unknown[] = [
  null,
  true,
  -1,
  0,
  1.5,
  1e9,
  '',
  'x',
  '../x',
  [],
  {},
  [[]],
  { class_name: 'Dense' },
  [1, 'x'],
];

/** The value with one of its parts, at any depth, replaced, removed or repeated. */
function mutated(value: unknown, dice: Dice): unknown {
  if (typeof value !== 'object' || value === null) return dice.pick(VALUES);
  const keys = Object.keys(value);
  if (keys.length === 0 || dice.chance(8)) return dice.pick(VALUES);
  const key = dice.pick(keys);
  const changed = dice.chance(85) ? mutated((value as Record<string, unknown>)[key], dice) : undefined;
  if (Array.isArray(value)) {
    const items: unknown[] = value;
    const at = Number(key);
    if (changed !== undefined) return items.with(at, changed);
    return dice.chance(50) ? items.toSpliced(at, 1) : items.toSpliced(at, 0, items[at]);
  }
  const { [key]: _left, ...rest } = value as Record<string, unknown>;
  return changed === undefined ? rest : { ...rest, [key]: changed };
}

describe('damaged configurations', () => {
  it.each(seedsOf('damaged Keras configurations', { quick: 100, ci: 300, soak: 2000 }))(
    'of seed %d are read, refused, or no model',
    (seed) => {
      const dice = new Dice(seed, 'damaged Keras configuration');
      const { model } = dice.pick(fixtures);
      const damaged = Array.from({ length: dice.from(1, 4) }).reduce((value) => mutated(value, dice), model);
      let reading;
      try {
        reading = readKeras(JSON.stringify(damaged) ?? 'null');
      } catch (error) {
        expect(error).toBeInstanceOf(AppError);
        expect((error as AppError).code).toBe('keras/not-a-model');
        return;
      }
      const { sketch, report } = reading;
      expect(sketch === null).toBe(report.losses.some(({ severity }) => severity === 'refused'));
      if (sketch === null) return;
      const document = sketchDocument(sketch);
      kerasCode(toKeras(document, analyze(document, null)));
    },
  );
});
