import type { JsonValue } from '../../document/schema/model-document.ts';
import { layerCatalog } from '../../layers/catalog/catalog.ts';
import { snake } from '../../layers/parameters/keras-value.ts';
import { readKeras } from '../../layers/parameters/parameter-kind.ts';
import { kindOf } from '../../layers/parameters/parameter-spec.ts';
import type { LayerWithParameters, ParameterSpec } from '../../layers/parameters/parameter-spec.ts';
import { resolveParameters } from '../../layers/parameters/resolve-parameters.ts';
import { ownValue } from '../../text/own-value.ts';
import { sameJson } from '../../text/same-json.ts';
import { showValue } from '../../text/show-value.ts';
import type { Json as ShownJson } from '../../text/show-value.ts';
import { layerOfToday } from './generations/today.ts';
import type { ImportLosses } from './import-losses.ts';
import { objectOf, textOf } from './generations/unchecked-json.ts';
import type { Json, JsonObject } from './generations/unchecked-json.ts';
import { registeredPackage } from './generations/version.ts';
import type { KerasVersion } from './generations/version.ts';

/** Arguments that change nothing that a layer computes, whatever their value. */
const WITHOUT_EFFECT: ReadonlySet<string> = new Set([
  'seed',
  'rng_type',
  'batch_input_shape',
  'batch_shape',
  'input_shape',
  'input_dim',
  'input_dtype',
  'input_length',
  'weights',
  'optional',
  'unroll',
  'implementation',
  'consume_less',
  'synchronized',
  'fused',
  // Of `renorm`, which must be off.
  'renorm_clipping',
  'renorm_momentum',
  'lora_alpha',
  'input_spec',
  'rank',
  'build_config',
  'query_shape',
  'key_shape',
  'value_shape',
  // Changes only the rounding.
  'flash_attention',
]);

/** Arguments that Lamina does not have: values other than null that are what Lamina does. */
const NEUTRAL: Readonly<Record<string, readonly Json[]>> = {
  data_format: ['channels_last'],
  groups: [1],
  sparse: [false],
  ragged: [false],
  ragged_inputs: [false],
  time_major: [false],
  // The only one of Resizing.
  fill_mode: ['constant'],
  return_state: [false],
  stateful: [false],
  zero_output_for_mask: [false],
  renorm: [false],
  rms_scaling: [false],
  use_gate: [false],
  // The steps of a sequence, the only axis here.
  attention_axes: [1, [1]],
  softmax_robust_masking: [false],
};

/** The type that Lamina computes in; the integers are of layers that look up rows, in Keras 1 and early Keras 2. */
const COMPUTED_TYPES: ReadonlySet<string> = new Set(['float32', 'int32', 'int64']);

/** Types whose numbers float32 approximates, or holds with more digits. */
const OTHER_TYPES: ReadonlySet<string> = new Set(['float16', 'bfloat16', 'float64', 'mixed_float16', 'mixed_bfloat16']);

/** Context of reading a layer's arguments, and the report. */
export interface ArgumentReader {
  readonly version: KerasVersion;
  readonly losses: ImportLosses;
  /** Path of the layer, for messages. */
  readonly path: string;
}

/**
 * The parameters of a layer. Arguments that are not understood are refused.
 * @param config Arguments of `layerOfToday`, without `name` and `trainable`.
 * @param rank Of the input, with the batch axis; null: unknown.
 */
export function readArguments(
  definition: LayerWithParameters,
  config: JsonObject,
  rank: number | null,
  reader: ArgumentReader,
): Record<string, JsonValue> {
  const { losses, path } = reader;
  const params: Record<string, JsonValue> = {};
  const readable = layerCatalog.get(definition.kind)?.keras?.read?.(config, rank) ?? config;
  const given = new Set<ParameterSpec>();
  for (const [key, value] of Object.entries(readable)) {
    if (value === undefined) continue;
    const spec = definition.parameters.find(({ name, keras }) => keras !== 'none' && snake(name) === key);
    if (spec === undefined) {
      const type = key === 'dtype' ? typeOf(value) : null;
      if (type !== null && OTHER_TYPES.has(type)) {
        losses.add('changed', 'type', path, `'${path}' computes in ${type}. Lamina computes in float32.`);
      } else if (!isNeutral(key, value)) {
        const message = `${key} = ${shown(value)} of '${path}' has no counterpart here. Without it the layer would compute something else.`;
        losses.refuse('argument-unsupported', path, message);
      }
      continue;
    }
    given.add(spec);
    const read = spec.type.kind === 'layer' ? wrapped(value, spec, reader) : valueOf(spec, value);
    if (read === undefined) continue;
    if (read === UNREADABLE) {
      reportValue(spec, value, 'another value', reader);
      continue;
    }
    const expected = kindOf(spec.type).fault(spec.type, read, checkInside);
    if (expected !== null) reportValue(spec, value, expected, reader);
    else if (!sameJson(read, spec.default)) params[spec.name] = read;
  }
  for (const spec of definition.parameters) {
    if (spec.keras !== 'required' || given.has(spec)) continue;
    losses.refuse(
      'argument-missing',
      path,
      `Expected ${snake(spec.name)} of '${path}', which has no default; received none.`,
    );
  }
  return params;
}

const UNREADABLE = Symbol('unreadable');

function reportValue(
  { name, type }: ParameterSpec,
  value: Json,
  expected: string,
  { losses, path }: ArgumentReader,
): void {
  const message = `Expected ${expected} as ${snake(name)} of '${path}'; received ${shown(value)}.`;
  if (type.kind === 'initializer') {
    const effect = 'The default is used. It changes the initial values of new weights, not the weights of the file.';
    losses.add('changed', 'argument-value', path, `${message} ${effect}`);
  } else losses.refuse('argument-value', path, `${message} Lamina does not have it.`);
}

function checkInside(layer: unknown, params: Readonly<Record<string, JsonValue>>): string | null {
  const [fault] = resolveParameters(layer as LayerWithParameters, params).faults;
  return fault === undefined ? null : `${fault.spec.label} being ${fault.expected}`;
}

function valueOf({ type }: ParameterSpec, value: Json): JsonValue | typeof UNREADABLE {
  const { fromKeras } = kindOf(type);
  return (fromKeras === undefined ? readKeras(value) : fromKeras(type, value)) ?? (value === null ? null : UNREADABLE);
}

/** A layer in an argument; undefined: it was refused. */
function wrapped(value: Json, spec: ParameterSpec, reader: ArgumentReader): JsonValue | undefined {
  const object = objectOf(value);
  const given = textOf(object?.['class_name']);
  const { name, trainable: _trainable, ...rest } = objectOf(object?.['config']) ?? {};
  const { className, config } = layerOfToday({ className: given ?? '', config: rest }, reader.version);
  const path = `${reader.path}/${textOf(name) ?? className}`;
  const inner = spec.type.kind === 'layer' ? spec.type.layers.find(({ kind }) => kind === className) : undefined;
  if (object === null || inner === undefined || registeredPackage(object) !== null) {
    const received = given === null ? shown(value) : `a ${given}`;
    reader.losses.refuse(
      'wrapped-layer',
      reader.path,
      `Expected a layer that Lamina can wrap as ${snake(spec.name)} of '${reader.path}'; received ${received}.`,
    );
    return undefined;
  }
  return { kind: inner.kind, params: readArguments(inner, config, null, { ...reader, path }) };
}

function isNeutral(key: string, value: Json): boolean {
  if (value === null || value === undefined || WITHOUT_EFFECT.has(key)) return true;
  if (key === 'dtype') return COMPUTED_TYPES.has(typeOf(value) ?? '');
  return ownValue(NEUTRAL, key)?.some((each) => sameJson(each, value)) === true;
}

/** The name of a type, or of a policy of types. */
function typeOf(value: Json): string | null {
  return (
    textOf(value) ?? textOf(objectOf(objectOf(value)?.['config'])?.['name']) ?? textOf(objectOf(value)?.['class_name'])
  );
}

function shown(value: Json): string {
  const object = objectOf(value);
  const className = textOf(object?.['class_name']);
  if (className !== null) return `a ${className}`;
  const text = showValue((value ?? null) as ShownJson);
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}
