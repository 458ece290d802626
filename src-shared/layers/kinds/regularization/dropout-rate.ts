import type { ProgramBuilder } from '../../../program/builder/builder.ts';
import type { ValueId } from '../../../program/language/types.ts';
import type { ParameterSpec } from '../../parameters/parameter-spec.ts';

/** What the layers with a dropout rate share. */
export function rateParameter(help: string): ParameterSpec {
  const type = { kind: 'number', min: 0, max: 1, step: 0.05, exclusiveMax: true } as const;
  return { name: 'rate', label: 'Rate', help, default: 0.5, type, keras: 'required' };
}

/** 1 with probability 1 - rate, else 0; float32, shaped like `like`. */
export function keptMask(
  builder: ProgramBuilder,
  like: ValueId,
  step: ValueId,
  key: readonly [number, number],
  rate: number,
): ValueId {
  const random = builder.randomUniform(like, step, key);
  return builder.cast(builder.plain('greaterEqual', random, builder.scalar(rate)), 'float32');
}
