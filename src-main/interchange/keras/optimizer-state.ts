import { objectOf, textOf } from '../../../src-shared/interchange/keras/generations/unchecked-json.ts';
import type { JsonObject } from '../../../src-shared/interchange/keras/generations/unchecked-json.ts';
import { sameShape } from '../../../src-shared/program/language/shape.ts';
import { slotName } from '../../../src-shared/compiler/optimizers/emit.ts';
import type { OptimizerKind } from '../../../src-shared/training/configuration/optimizers.ts';
import { parseJson } from '../../../src-shared/text/parse-json.ts';
import type { Hdf5File } from '../hdf5/hdf5-file.ts';
import type { FileTensor, ImportedWeight, OptimizerState } from '../importer/model-importer.ts';
import type { NamedTensor } from './match-weights.ts';
import type { WeightSlot } from './weight-slots.ts';

/** A trainable weight with its tensor in the file. */
export type TrainableWeight = readonly [slot: WeightSlot, tensor: FileTensor];

/** The configuration of the optimizer in 'config.json' or 'training_config'; null: none. */
export function optimizerConfig(text: string | null): JsonObject | null {
  if (text === null) return null;
  const whole = objectOf(parseJson(text) as JsonObject);
  const compiled = objectOf(whole?.['compile_config']) ?? whole;
  return objectOf(compiled?.['optimizer']) ?? objectOf(compiled?.['optimizer_config']);
}

/** The optimizer's variables in a `.keras` file, which have numbers only. */
export function storeVariables(file: Hdf5File): readonly NamedTensor[] {
  const group = 'optimizer/vars';
  const numbers = (file.names(group) ?? []).toSorted((a, b) => Number(a) - Number(b));
  return numbers.flatMap((number) => {
    const tensor = file.tensor(`${group}/${number}`);
    return tensor === null ? [] : [{ name: '', tensor }];
  });
}

/** The optimizer's variables in an `.h5` file, with their names. */
export function legacyVariables(file: Hdf5File): readonly NamedTensor[] {
  const group = 'optimizer_weights';
  return (file.texts(group, 'weight_names') ?? []).flatMap((name) => {
    const tensor = file.tensor(`${group}/${name}`);
    return tensor === null ? [] : [{ name, tensor }];
  });
}

/**
 * Reads the slots and the number of updates of an optimizer of Keras 3, or of Keras 2.11 and later. Keras writes the number,
 * perhaps the learning rate, then the slots in the order of the trainable weights.
 *
 * @param weights In Keras's order.
 * @returns The reason as a sentence if the state cannot be read for certain.
 */
export async function readOptimizerState(
  config: JsonObject | null,
  variables: readonly NamedTensor[],
  weights: readonly TrainableWeight[],
): Promise<OptimizerState | string> {
  const className = textOf(config?.['class_name'] ?? null)?.replace(/^Custom>/, '') ?? 'an unknown optimizer';
  const options = objectOf(config?.['config']) ?? {};
  if (
    textOf(config?.['module'] ?? null)?.endsWith('.legacy') === true ||
    /(^|\/)iter(:0)?$/.test(variables[0]?.name ?? '')
  ) {
    return `Expected an optimizer of Keras 2.11 or later; received an earlier ${className}.`;
  }
  const groups = slotGroups(className, options);
  if (groups === null) return `Expected the state of ${Object.keys(kinds).join(', ')}; received that of ${className}.`;
  if (groups.length === 0) return `${className} without momentum has no state.`;
  if (options['use_ema'] === true || typeof options['gradient_accumulation_steps'] === 'number') {
    return `Expected ${className} without moving averages and without gradient accumulation; received one that has them.`;
  }
  const slots = groups.flatMap((group) => weights.flatMap((weight) => group.map((slot) => ({ weight, slot }))));
  const first = variables.length - slots.length;
  const [iteration, rate] = variables;
  const begins =
    (first === 1 || (first === 2 && rate!.tensor.shape.length === 0)) && iteration!.tensor.dtype === 'integer';
  if (!begins) {
    return `Expected ${slots.length} slots of ${className} for the trainable weights; received ${Math.max(0, variables.length - 1)} variables.`;
  }
  const tensors: ImportedWeight[] = [];
  for (const [index, { weight, slot }] of slots.entries()) {
    const [{ layer, variable, weight: spec }, ofWeight] = weight;
    const { name, tensor } = variables[first + index]!;
    if (!sameShape(tensor.shape, ofWeight.shape) || !isNamed(name, layer.name, variable, slot)) {
      const received = name === '' ? `a tensor of shape [${tensor.shape.join(', ')}]` : `'${name}'`;
      return `Expected ${className}'s ${slot} of '${layer.path}' ${variable}; received ${received}.`;
    }
    tensors.push({ name: slotName(spec!.name, slot), shape: spec!.shape, read: () => tensor.read() });
  }
  let updates = 0;
  for await (const part of iteration!.tensor.read()) updates = part[0] ?? 0;
  if (!Number.isInteger(updates) || updates < 0 || updates >= 2 ** 31) {
    return `Expected a number of updates below 2³¹; received ${updates}.`;
  }
  return { kind: kinds[className]!, className, updates, tensors };
}

const kinds: Readonly<Record<string, OptimizerKind>> = {
  SGD: 'sgd',
  Adam: 'adam',
  AdamW: 'adamw',
  Adamax: 'adamax',
  Adagrad: 'adagrad',
  RMSprop: 'rmsprop',
  Lion: 'lion',
};

/** Slots as Keras orders them: group after group; within a group weight after weight with its slots. Null: not known. */
function slotGroups(className: string, options: JsonObject): readonly (readonly string[])[] | null {
  const hasMomentum = typeof options['momentum'] === 'number' && options['momentum'] > 0;
  switch (kinds[className]) {
    case 'sgd':
      return hasMomentum ? [['momentum']] : [];
    case 'adam':
    case 'adamw':
      return [['momentum', 'velocity'], ...(options['amsgrad'] === true ? [['velocity_hat']] : [])];
    case 'adamax':
      return [['momentum', 'norm']];
    case 'adagrad':
      return [['accumulator']];
    case 'rmsprop':
      return [
        ['velocity'],
        ...(hasMomentum ? [['momentum']] : []),
        ...(options['centered'] === true ? [['average_gradient']] : []),
      ];
    case 'lion':
      return [['momentum']];
    default:
      return null;
  }
}

/** Keras 2's names of slots where they differ. */
const OF_KERAS_2: Readonly<Record<string, string>> = { momentum: 'm', velocity: 'v', velocity_hat: 'vhat', norm: 'u' };

/** Whether a variable's name is that of the slot; those of `.keras` files have none. */
function isNamed(name: string, layer: string, variable: string, slot: string): boolean {
  if (name === '') return true;
  if (!name.includes(layer)) return false;
  if (!name.endsWith(':0')) return name.endsWith(`_${variable}_${slot}`);
  const short = OF_KERAS_2[slot] ?? slot;
  return name.endsWith(`/${variable}:0`) && (name.includes(`/${short}/`) || name.includes(`/${slot}/`));
}
