import type { JsonValue } from '../../src-shared/document/schema/model-document.ts';
import { constraintArguments } from '../../src-shared/layers/weights/constraint.ts';
import type { LayerDefinition } from '../../src-shared/layers/definition/layer.ts';
import type { ParameterSpec } from '../../src-shared/layers/parameters/parameter-spec.ts';
import { regularizerArguments } from '../../src-shared/layers/weights/regularizer.ts';
import type { Shape } from '../../src-shared/program/language/types.ts';
import type { Dice } from './dice.ts';

/** Sizes stay small, so that a model is checked in milliseconds. */
const LARGEST = 4;

type Values = Record<string, JsonValue>;

/** Values chosen for the layer's input, which fit better than arbitrary ones. */
const fitting: Readonly<Record<string, (dice: Dice, shapes: readonly Shape[]) => Values>> = {
  Reshape: (dice, [shape]) => {
    const size = shape!.slice(1).reduce<number>((product, axis) => product * axis!, 1);
    const divisors = Array.from({ length: size }, (_, i) => i + 1).filter((divisor) => size % divisor === 0);
    const first = dice.pick(divisors);
    return { targetShape: dice.pick([[-1], [first, -1], [first, size / first], [1, first, -1]]) };
  },
  Permute: (dice, [shape]) => ({ dims: dice.shuffled(shape!.slice(1).map((_, axis) => axis + 1)) }),
  GroupNormalization: (dice, [shape]) => ({ groups: dice.pick([-1, 1, shape!.at(-1)!]) }),
  Concatenate: (dice, [shape]) => ({ axis: dice.pick([-1, dice.from(1, shape!.length - 1)]) }),
  Formula: (dice, shapes) => ({
    formula:
      dice.pick(['a * sigmoid(a) + 0.3', 'tanh(a) - k * a', 'max(a, 0.1) + exp(-abs(a))']) +
      (shapes.length > 1 ? ' * b' : ''),
    parameters: [],
  }),
};

/**
 * Random values within the limits of each parameter, about half of them the defaults.
 * @param repeated The layer may read its own output, as copies of a block do.
 */
export function randomParameters(
  dice: Dice,
  layer: LayerDefinition,
  shapes: readonly Shape[],
  repeated = false,
): Values {
  const params: Values = {};
  // Repeated exponentials exceed the range of float32.
  const recurs = repeated || layer.parameters.some(({ name }) => name.startsWith('recurrent'));
  for (const spec of layer.parameters) {
    const isLarge = typeof spec.default === 'number' && spec.default > LARGEST;
    if (!isLarge && dice.chance(50)) continue;
    const value = randomValue(dice, spec);
    if (recurs && value === 'exponential') continue;
    if (value !== undefined) params[spec.name] = value;
  }
  const fitted = fitting[layer.kind]?.(dice, shapes) ?? {};
  if (typeof fitted['formula'] === 'string' && fitted['formula'].includes('k')) {
    fitted['parameters'] = [{ name: 'k', initial: 0.5, perValue: dice.chance(50) }];
  }
  return { ...params, ...fitted };
}

/** Undefined: the default. */
function randomValue(dice: Dice, { name, type }: ParameterSpec): JsonValue | undefined {
  const whole = (min: number, max: number): number =>
    dice.from(Math.max(min, -2), Math.min(max, Math.max(min, 0) + LARGEST - 1));
  switch (type.kind) {
    case 'integer':
      return type.emptyMeans !== undefined && dice.chance(30) ? null : whole(type.min, type.max);
    case 'number': {
      if (type.emptyMeans !== undefined && dice.chance(30)) return null;
      // With a small epsilon values differ by less than float32 resolves.
      if (name === 'epsilon') return dice.pick([0.001, 0.1]);
      const [low, high] = [Math.max(type.min, -1), Math.min(type.max, 1)];
      return Number((low + (high - low) * 0.9 * dice.unit()).toFixed(2));
    }
    case 'boolean':
      return dice.chance(50);
    case 'choice':
      return dice.pick(type.options).value;
    case 'activation':
      return dice.chance(15) ? { formula: 'x * sigmoid(1.5 * x)' } : dice.pick(type.options).value;
    case 'sizes':
      if (type.emptyMeans !== undefined && dice.chance(30)) return null;
      return dice.chance(50)
        ? dice.from(type.min, type.min + 2)
        : Array.from({ length: type.axes }, () => dice.from(type.min, type.min + 2));
    case 'integers': {
      const length = dice.from(type.minLength, Math.min(type.maxLength, type.minLength + 2));
      return Array.from({ length }, () => whole(type.min, type.max));
    }
    case 'margins':
      return Array.from({ length: dice.from(1, Math.min(2 * type.axes, 3)) }, () => whole(0, type.max));
    case 'regularizer':
      return dice.pick(Object.keys(regularizerArguments));
    case 'constraint':
      return dice.pick(Object.keys(constraintArguments));
    default:
      return undefined;
  }
}
