import type { Operation, Program, ValueId } from '../../src-shared/program/language/types.ts';

/**
 * Merges programs without state into one, so that an engine opens one graph instead of hundreds. Names of program i
 * get the prefix 'i_'.
 */
export function mergePrograms(programs: readonly Program[]): Program {
  const values: Program['values'][number][] = [];
  const inputs: Program['inputs'][number][] = [];
  const operations: Operation[] = [];
  const outputs: Program['outputs'][number][] = [];
  programs.forEach((program, index) => {
    const start = values.length;
    const moved = (value: ValueId): ValueId => value + start;
    const named = ({ name, value }: { name: string; value: ValueId }) => ({
      name: `${index}_${name}`,
      value: moved(value),
    });
    values.push(...program.values);
    inputs.push(...program.inputs.map(named));
    outputs.push(...program.outputs.map(named));
    for (const operation of program.operations) {
      operations.push({
        ...operation,
        inputs: operation.inputs.map(moved),
        outputs: operation.outputs.map(moved),
      } as Operation);
    }
  });
  return { values, inputs, state: [], operations, outputs };
}
