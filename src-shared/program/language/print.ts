import { formatType } from './shape.ts';
import type { Program, ValueId } from './types.ts';

/**
 * A program as text, one value or operation per line, for debugging and tests:
 * `%5: float32[null, 10] = matMul(%3, %4) {"transposeA":false,…}  # dense_1`.
 */
export function printProgram(program: Program): string {
  const typed = (value: ValueId): string => {
    return `%${value}: ${formatType(program.values[value]!)}`;
  };
  const lines = [
    ...program.inputs.map(({ name, value }) => `${typed(value)} = input '${name}'`),
    ...program.state.map(({ name, value }) => `${typed(value)} = state '${name}'`),
  ];
  for (const { op, attributes, inputs, outputs, scope } of program.operations) {
    const read = inputs.map((input) => `%${input}`).join(', ');
    const noted = Object.keys(attributes).length === 0 ? '' : ` ${JSON.stringify(attributes)}`;
    lines.push(`${outputs.map(typed).join(', ')} = ${op}(${read})${noted}  # ${scope}`);
  }
  for (const { name, update } of program.state) {
    if (update !== undefined) lines.push(`state '${name}' becomes %${update}`);
  }
  lines.push(...program.outputs.map(({ name, value }) => `output '${name}' is %${value}`));
  return lines.join('\n');
}
