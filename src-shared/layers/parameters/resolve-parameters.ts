import type { JsonValue } from '../../document/schema/model-document.ts';
import { showValue } from '../../text/show-value.ts';
import { kindOf } from './parameter-spec.ts';
import type { LayerWithParameters, ParameterSpec } from './parameter-spec.ts';

export type ParameterValues = Readonly<Record<string, JsonValue>>;

/** A parameter that is not what its spec asks for. */
export interface ParameterFault {
  readonly spec: ParameterSpec;
  /** 'a whole number from 1 to 1000000'. */
  readonly expected: string;
  readonly received: JsonValue;
}

/** Values with defaults filled in, and what is wrong with them. */
export function resolveParameters(
  definition: { readonly parameters: readonly ParameterSpec[] },
  given: ParameterValues,
): { values: ParameterValues; faults: ParameterFault[] } {
  const values: Record<string, JsonValue> = {};
  const faults: ParameterFault[] = [];
  for (const spec of definition.parameters) {
    const received = Object.hasOwn(given, spec.name) ? given[spec.name]! : spec.default;
    values[spec.name] = received;
    const expected = kindOf(spec.type).fault(spec.type, received, checkInside);
    if (expected !== null) faults.push({ spec, expected, received });
  }
  return { values, faults };
}

function checkInside(layer: unknown, params: ParameterValues): string | null {
  const [fault] = resolveParameters(layer as LayerWithParameters, params).faults;
  if (fault === undefined) return null;
  return `${fault.spec.label} being ${fault.expected} (it is ${receivedInWords(fault.received)})`;
}

/** A value that a parameter cannot have, for a message: quoted, so that it differs from words like 'none'. */
export function receivedInWords(value: JsonValue): string {
  if (typeof value === 'boolean') return value ? 'on' : 'off';
  return showValue(value);
}
