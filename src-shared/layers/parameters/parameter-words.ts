import type { JsonValue } from '../../document/schema/model-document.ts';
import { snakeCase } from '../../document/schema/names.ts';
import { nameInWords } from './named.ts';
import { kindOf } from './parameter-spec.ts';
import type { ParameterSpec } from './parameter-spec.ts';

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
  const words = type === undefined ? null : (kindOf(type).words?.(type, value) ?? null);
  if (words !== null) return words;
  if (typeof value === 'number') return Number.isInteger(value) ? value.toLocaleString('en-US') : String(value);
  if (typeof value === 'string') return value === '' ? 'none' : value;
  if (Array.isArray(value)) {
    return value.length === 0 ? 'none' : value.map((item) => valueInWords(item)).join(' × ');
  }
  const { name, formula, parameter, ...others } = value;
  if (typeof formula === 'string') return formula;
  if (typeof parameter === 'string') return `the block's parameter '${parameter}'`;
  const rest = Object.entries(others).map(([key, item]) => `${key} ${valueInWords(item)}`);
  return [...(typeof name === 'string' ? [nameInWords(name)] : []), ...rest].join(', ');
}
