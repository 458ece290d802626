import type { JsonValue } from '../../document/schema/model-document.ts';
import { ownValue } from '../../text/own-value.ts';
import type { ArgumentTable } from '../weights/named-arguments.ts';
import { camel } from './keras-value.ts';
import type { KerasValue } from './keras-value.ts';

export interface Option {
  readonly value: string;
  readonly label: string;
}

/** What a text was read as; undefined: the default. */
export type TextValue = { readonly value: JsonValue | undefined } | { readonly fault: string };

/** How the inspector edits a parameter: one input of the window, with what it needs. Kinds may share an input. */
export type ParameterField =
  | {
      readonly input: 'number';
      readonly min: number;
      readonly max: number;
      readonly step: number;
      readonly whole: boolean;
      readonly exclusiveMax: boolean;
      readonly emptyMeans: string | undefined;
    }
  | { readonly input: 'switch' }
  | { readonly input: 'select'; readonly options: readonly Option[] }
  /** A number for each axis; the same number for all is kept as one. */
  | {
      readonly input: 'axes';
      readonly labels: readonly string[];
      readonly min: number;
      readonly max: number;
      readonly emptyMeans: string | undefined;
    }
  | {
      readonly input: 'text';
      readonly placeholder: string;
      readonly show: (value: JsonValue) => string;
      readonly read: (text: string) => TextValue;
    }
  /** A name, and a field for each of its arguments. */
  | {
      readonly input: 'named';
      readonly table: ArgumentTable<string>;
      /** One line on each name, with its formula. */
      readonly formulas: Readonly<Record<string, string>>;
      readonly optional: boolean;
    }
  | { readonly input: 'activation'; readonly options: readonly Option[] }
  | { readonly input: 'formula' }
  | { readonly input: 'formulaParameters' }
  | { readonly input: 'columns'; readonly of: 'features' | 'targets' }
  | { readonly input: 'inputName' }
  /** A list of its operations, which cannot be edited. */
  | { readonly input: 'program' }
  /** A layer inside the layer, with its own fields. */
  | { readonly input: 'layer' };

export type FieldOf<Input extends ParameterField['input']> = Extract<ParameterField, { readonly input: Input }>;

/** Null, or what is wrong with the parameters of a layer inside the layer. */
export type CheckInside<Layer> = (layer: Layer, params: Readonly<Record<string, JsonValue>>) => string | null;

/** All that is known of one kind of parameter. `parameter-spec.ts` lists the kinds. */
export interface ParameterKind<Type> {
  /**
   * Null, or what a value was expected to be: 'a whole number from 1 to 1000000'.
   * @param value From a document: anything.
   */
  fault(type: Type, value: JsonValue, checkInside: CheckInside<unknown>): string | null;
  field(type: Type): ParameterField;
  /** A value as the window shows it; absent or null: its numbers and names as they are. */
  words?(type: Type, value: JsonValue): string | null;
  /** A checked value, not null, as Keras writes it; null where Keras has no word for it. Absent: as it is. */
  toKeras?(type: Type, value: JsonValue): KerasValue;
  /** An argument of Keras as a value, to be checked; undefined where no value can hold it. Absent: `readKeras`. */
  fromKeras?(type: Type, value: unknown): JsonValue | undefined;
  /** True where one layer has it: it is not edited in several layers together. */
  readonly single?: true;
}

export function isWhole(value: JsonValue, min: number, max: number): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max;
}

/** @param emptyMeans What null means, where it is allowed. */
export function orNothing(emptyMeans: string | undefined): string {
  return emptyMeans === undefined ? '' : ', or nothing';
}

export function optionWords(options: readonly Option[], value: JsonValue): string | null {
  return options.find((option) => option.value === value)?.label ?? null;
}

/** Names in camel case; lists of numbers in one level; serialized functions by name. */
export function readKeras(value: unknown, otherNames: Readonly<Record<string, string>> = {}): JsonValue | undefined {
  if (value === null || typeof value === 'boolean' || typeof value === 'number') return value;
  if (typeof value === 'string') return ownValue(otherNames, camel(value)) ?? camel(value);
  if (Array.isArray(value)) {
    const flat: unknown[] = value.flat(3);
    return flat.every((entry) => typeof entry === 'number') ? flat : undefined;
  }
  // { class_name: 'function', config: 'relu' }
  const config = (value as { config?: unknown }).config;
  return typeof config === 'string' ? readKeras(config, otherNames) : undefined;
}

/** As `readKeras`; of a list of one number, the number. */
export function readKerasNumber(value: unknown): JsonValue | undefined {
  const read = readKeras(value);
  if (!Array.isArray(read)) return read;
  return read.length === 1 ? read[0] : undefined;
}
