import { inferTypes } from '../shapes/infer-types.ts';
import { formatType, sameType } from '../language/shape.ts';
import type { Program, ValueId } from '../language/types.ts';

/**
 * Checks a program's structure: each value is produced once and before it is read, and its
 * type is the one inferred from its operation.
 *
 * @returns One message per fault; empty for a valid program.
 */
export function validateProgram(program: Program): string[] {
  const faults: string[] = [];
  const made = new Set<ValueId>();
  const make = (value: ValueId, what: string): void => {
    if (program.values[value] === undefined) faults.push(`${what} makes value ${value}, which has no type.`);
    if (made.has(value)) faults.push(`${what} makes value ${value} again.`);
    made.add(value);
  };
  const read = (value: ValueId, what: string): void => {
    if (!made.has(value)) faults.push(`${what} reads value ${value} before it is made.`);
  };
  for (const input of program.inputs) make(input.value, `Input '${input.name}'`);
  for (const entry of program.state) make(entry.value, `State '${entry.name}'`);
  faults.push(...duplicates([...program.inputs, ...program.state, ...program.outputs].map((entry) => entry.name)));
  program.operations.forEach((operation, index) => {
    const what = `Operation ${index} (${operation.op} in '${operation.scope}')`;
    for (const input of operation.inputs) read(input, what);
    for (const output of operation.outputs) make(output, what);
    const types = inferTypes(
      operation.op,
      operation.attributes,
      operation.inputs.map((input) => program.values[input]!),
    );
    if (types.length !== operation.outputs.length) faults.push(`${what} makes ${operation.outputs.length} values.`);
    types.forEach((type, output) => {
      const declared = program.values[operation.outputs[output]!];
      if (declared !== undefined && !sameType(type, declared)) {
        faults.push(`${what} makes ${formatType(type)}, declared as ${formatType(declared)}.`);
      }
    });
  });
  for (const { name, value, update } of program.state) {
    if (update === undefined) continue;
    read(update, `State '${name}'`);
    const type = program.values[update];
    if (type === undefined || !sameType(type, program.values[value]!)) faults.push(`State '${name}' changes its type.`);
  }
  for (const { name, value } of program.outputs) read(value, `Output '${name}'`);
  if (made.size !== program.values.length) faults.push(`${program.values.length - made.size} values are never made.`);
  return faults;
}

function duplicates(names: readonly string[]): string[] {
  return names
    .filter((name, index) => names.indexOf(name) !== index)
    .map((name) => `The name '${name}' is used twice.`);
}
