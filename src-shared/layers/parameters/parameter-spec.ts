import type { JsonValue } from '../../document/schema/model-document.ts';
import { activation } from './activation.ts';
import { boolean } from './boolean.ts';
import { choice } from './choice.ts';
import { columns } from './columns.ts';
import { inputName } from './input-name.ts';
import { formula, formulaParameters } from './layer-formula.ts';
import { margins } from './margins.ts';
import { constraint, initializer, regularizer } from './named.ts';
import { noiseShape } from './noise-shape.ts';
import { note } from './note.ts';
import { integers, numbers } from './number-list.ts';
import { integer, number } from './number.ts';
import type { ParameterKind } from './parameter-kind.ts';
import { shape } from './shape.ts';
import { sizes } from './sizes.ts';
import { program } from './stored-program.ts';
import { layer } from './nested-layer.ts';
import type { NestedLayerType } from './nested-layer.ts';

/** Every kind of parameter, by the name in its type. */
const kinds = {
  integer,
  number,
  boolean,
  choice,
  activation,
  formula,
  formulaParameters,
  sizes,
  integers,
  margins,
  numbers,
  initializer,
  regularizer,
  constraint,
  columns,
  inputName,
  shape,
  program,
  note,
  noiseShape,
};

type TypeOf<Kind> = Kind extends ParameterKind<infer Type> ? Type : never;

/** A kind with its limits. */
export type ParameterType = TypeOf<(typeof kinds)[keyof typeof kinds]> | NestedLayerType<LayerWithParameters>;

/** A layer inside another. */
export interface LayerWithParameters {
  readonly kind: string;
  readonly description: string;
  readonly parameters: readonly ParameterSpec[];
}

/** A parameter of a layer, enough for the inspector to make its field and for the compiler to check it. */
export interface ParameterSpec {
  /** camelCase of Keras's name. */
  readonly name: string;
  readonly label: string;
  /** One line for a person. */
  readonly help: string;
  readonly default: JsonValue;
  readonly type: ParameterType;
  /** Shown under "Advanced". */
  readonly advanced?: boolean;
  /** 'required': Keras has no default, so that it is always written; 'call': an argument of the layer's call; 'none': Keras has no such parameter. */
  readonly keras?: 'required' | 'call' | 'none';
}

const all: Readonly<Record<ParameterType['kind'], unknown>> = { ...kinds, layer };

/** What is known of the kind of this type. */
export function kindOf(type: ParameterType): ParameterKind<ParameterType> {
  return all[type.kind] as ParameterKind<ParameterType>;
}
