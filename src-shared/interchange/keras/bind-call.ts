import type { LayerDefinition } from '../../layers/definition/layer.ts';
import { snake } from '../../layers/parameters/keras-value.ts';
import { ownValue } from '../../text/own-value.ts';
import { tensorsInValue } from './read-calls.ts';
import type { CallArguments, CallValue, Reference } from './read-calls.ts';
import type { Json } from './generations/unchecked-json.ts';
import type { KerasVersion } from './generations/version.ts';

/** A tensor that a layer is called with. */
export interface BoundInput {
  readonly tensor: Reference;
  /** Keyword argument that passes it; absent: it is passed by position. */
  readonly argument?: string;
}

/** A mask that is passed for one of the inputs. */
export interface BoundMask {
  /** Position of the input, or its port. */
  readonly input: number | string;
  readonly tensor: Reference;
}

/** The arguments of a call, sorted by their meaning. */
export interface BoundCall {
  readonly inputs: readonly BoundInput[];
  /** Arguments that are parameters of the layer, by Keras's name. */
  readonly parameters: Readonly<Record<string, Json>>;
  readonly masks: readonly BoundMask[];
  /** The layer is always in this mode; null: in that of the model. */
  readonly training: boolean | null;
  /** Names of arguments that are not understood, with their values. */
  readonly unknown: readonly (readonly [name: string, value: CallValue])[];
}

/** Names of the first argument of a layer's call. */
const FIRST_ARGUMENT: ReadonlySet<string> = new Set(['inputs', 'inputs_tensor', 'sequences', 'sequence', 'x']);

/** Values other than null with which an argument has no effect. */
const NEUTRAL: Readonly<Record<string, readonly Json[]>> = {
  use_causal_mask: [false],
  return_attention_scores: [false],
  return_state: [false],
};

/** @param definition Null: a nested model, or a layer that Lamina does not have. */
export function bindCall(
  { positional, keywords }: CallArguments,
  definition: LayerDefinition | null,
  { keepsModes }: KerasVersion,
): BoundCall {
  const inputs: BoundInput[] = [];
  const parameters: Record<string, Json> = {};
  const unknown: [string, CallValue][] = [];
  const ports = new Set(definition?.inputs.ports?.map(({ name }) => name));
  const masks: BoundMask[] = [];
  let training: boolean | null = null;
  positional.forEach((value, index) => {
    const all = tensorsInValue(value);
    const isWhole = 'tensor' in value || ('list' in value && value.list.every((item) => 'tensor' in item));
    // Several inputs are one argument, a list, unless each is an argument with a name.
    const isInput = index === 0 || ports.size > 0 || definition === null;
    if (isWhole && isInput) inputs.push(...all.map((tensor) => ({ tensor })));
    else if (!isNull(value)) unknown.push([`argument ${index + 1}`, value]);
  });
  for (const [name, value] of Object.entries(keywords)) {
    const isParameter = definition?.parameters.some((spec) => spec.keras === 'call' && snake(spec.name) === name);
    const tensors = tensorsInValue(value);
    const passed = masksIn(name, value, ports);
    if (isParameter === true && 'constant' in value) parameters[name] = value.constant;
    else if (FIRST_ARGUMENT.has(name) && inputs.length === 0 && tensors.length > 0) {
      inputs.push(...tensors.map((tensor) => ({ tensor })));
    } else if (passed !== null) masks.push(...passed);
    else if ('tensor' in value && (ports.has(name) || definition === null)) {
      inputs.push({ tensor: value.tensor, argument: name });
    } else if (isNeutral(name, value, keepsModes)) continue;
    else if (name === 'training' && 'constant' in value && typeof value.constant === 'boolean') {
      training = value.constant;
    } else unknown.push([name, value]);
  }
  return { inputs, parameters, masks, training, unknown };
}

/** The masks in `mask`, for one input or a list of inputs, or in `query_mask`; null: it is another argument. */
function masksIn(name: string, value: CallValue, ports: ReadonlySet<string>): BoundMask[] | null {
  const port = name.replace(/_mask$/, '');
  if ('tensor' in value && ports.has(port) && port !== name) return [{ input: port, tensor: value.tensor }];
  if (name !== 'mask') return null;
  if ('tensor' in value) return [{ input: 0, tensor: value.tensor }];
  if (!('list' in value) || !value.list.every((item) => 'tensor' in item || isNull(item))) return null;
  return value.list.flatMap((item, input) => ('tensor' in item ? [{ input, tensor: item.tensor }] : []));
}

function isNull(value: CallValue): boolean {
  return 'constant' in value && (value.constant === null || value.constant === undefined);
}

function isNeutral(name: string, value: CallValue, keepsModes: boolean): boolean {
  if (isNull(value) || name === 'name') return true;
  if (!('constant' in value)) return false;
  if (name === 'training' && !keepsModes) return true;
  return ownValue(NEUTRAL, name)?.includes(value.constant) === true;
}
