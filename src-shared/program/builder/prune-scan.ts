import { scanParts } from '../shapes/scan-shapes.ts';
import type { Operation, Program, ScanAttributes, ValueId } from '../language/types.ts';

type Scan = Extract<Operation, { op: 'scan' }>;

/**
 * Removes from a scan: stacked outputs that are not read, inputs that the body then no longer
 * reads, and the plan of its gradient, which a complete program does not need.
 *
 * @param simplify Simplifies the remaining body.
 */
export function pruneScan(
  scan: Scan,
  isNeeded: (value: ValueId) => boolean,
  simplify: (program: Program) => Program,
): Scan {
  const { backward: _, ...attributes } = scan.attributes;
  const isKept = (i: number): boolean => i < attributes.carried || isNeeded(scan.outputs[i]!);
  const body = simplify({ ...attributes.body, outputs: attributes.body.outputs.filter((_output, i) => isKept(i)) });
  const read = new Set(body.operations.flatMap((operation) => operation.inputs));
  for (const { value } of body.outputs) read.add(value);
  const parts = scanParts(
    body.inputs.map((input, i) => ({ input, value: scan.inputs[i]! })),
    attributes,
  );
  const isRead = ({ input }: { input: Program['inputs'][number] }): boolean => read.has(input.value);
  // Keep at least one sequence: its length is the number of steps.
  const sequences = parts.sequences.some(isRead) ? parts.sequences.filter(isRead) : parts.sequences.slice(0, 1);
  const matrices = parts.matrices.filter(isRead);
  const inputs = [...parts.carried, ...sequences, ...matrices, ...parts.constants.filter(isRead)];
  const pruned: ScanAttributes = {
    ...attributes,
    body: simplify({ ...body, inputs: inputs.map(({ input }) => input) }),
    sequences: sequences.length,
    matrices: matrices.length,
  };
  return {
    ...scan,
    attributes: pruned,
    inputs: inputs.map(({ value }) => value),
    outputs: scan.outputs.filter((_output, i) => isKept(i)),
  };
}
