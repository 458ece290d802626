import type { JsonValue } from '../../document/schema/model-document.ts';
import { snakeCase } from '../../document/schema/names.ts';
import { showValue } from '../../text/show-value.ts';
import type { ParameterSpec } from '../definition/layer.ts';

/** Labels that do not follow from the name. */
const labels: Readonly<Record<string, string>> = {
  l1: 'L1',
  l2: 'L2',
  l1l2: 'L1 and L2',
  maxNorm: 'Max-norm',
  nonNeg: 'Non-negative',
  unitNorm: 'Unit norm',
  minMaxNorm: 'Min-max norm',
};

/** 'Glorot uniform': the label of an initializer, a regularizer or a constraint. */
export function nameInWords(name: string): string {
  const words = name
    .replace(/^./, (first) => first.toUpperCase())
    .replace(/[A-Z]/g, (letter, at) => (at === 0 ? letter : ` ${letter.toLowerCase()}`));
  return labels[name] ?? words;
}

/** The parameter's label, with Keras's name where that is another: 'Kernel size', 'Bias (use_bias in Keras)'. */
export function parameterInWords({ name, label }: Pick<ParameterSpec, 'name' | 'label'>): string {
  const letters = (text: string): string => text.replaceAll(/[^\p{L}\p{N}]/gu, '').toLowerCase();
  return letters(name) === letters(label) ? label : `${label} (${snakeCase(name)} in Keras)`;
}

/** A parameter's value as the window shows it: an option's label, 'on', '3 × 3'. */
export function valueInWords(value: JsonValue | undefined, spec?: ParameterSpec): string {
  const type = spec?.type;
  if (value === undefined) return 'not set';
  if (value === null) return type !== undefined && 'emptyMeans' in type ? (type.emptyMeans ?? 'none') : 'none';
  if (typeof value === 'boolean') return value ? 'on' : 'off';
  if (typeof value === 'number') return Number.isInteger(value) ? value.toLocaleString('en-US') : String(value);
  if (type !== undefined && 'options' in type) {
    const option = type.options.find((other) => other.value === value);
    if (option !== undefined) return option.label;
  }
  const isNamed = type?.kind === 'initializer' || type?.kind === 'regularizer' || type?.kind === 'constraint';
  if (typeof value === 'string') return isNamed ? nameInWords(value) : value === '' ? 'none' : value;
  if (Array.isArray(value)) {
    return value.length === 0 ? 'none' : value.map((item) => valueInWords(item)).join(' × ');
  }
  const { name, formula, parameter, ...others } = value;
  if (typeof formula === 'string') return formula;
  if (typeof parameter === 'string') return `the block's parameter '${parameter}'`;
  const rest = Object.entries(others).map(([key, item]) => `${key} ${valueInWords(item)}`);
  return [...(typeof name === 'string' ? [nameInWords(name)] : []), ...rest].join(', ');
}

/** A value that a parameter cannot have, for a message: quoted, so that it differs from words like 'none'. */
export function receivedInWords(value: JsonValue): string {
  if (typeof value === 'boolean') return value ? 'on' : 'off';
  return showValue(value);
}
