import { attribute } from './graph/graph-builder.ts';
import { DataType } from './graph/graph-def.ts';
import { at } from './lowering/lowering.ts';
import type { NodeRequest, Output } from './graph/graph-builder.ts';
import type { Operation, Program, ProgramState } from '../../../src-shared/program/language/types.ts';

/** An optimizer operation that only replaces state, so that its kernel can write the variables in place. */
export interface InPlaceUpdate {
  readonly operation: Operation;
  /** The replaced state entries, in the order of the operation's outputs. */
  readonly states: readonly ProgramState[];
}

const stateInputs: Readonly<Partial<Record<Operation['op'], number>>> = {
  applyGradientDescent: 1,
  applyMomentum: 2,
  applyAdam: 3,
};

/**
 * The optimizer operations of `program` that may run in place: their first inputs are state
 * entries, their outputs are the updates of these entries, and nothing else reads the outputs.
 */
export function findInPlaceUpdates(program: Program): Map<Operation, InPlaceUpdate> {
  const stateByValue = new Map(program.state.map((state) => [state.value, state]));
  const readers = new Set(program.operations.flatMap((operation) => operation.inputs));
  for (const output of program.outputs) readers.add(output.value);
  const updateCounts = new Map<number, number>();
  for (const { update } of program.state) {
    if (update !== undefined) updateCounts.set(update, (updateCounts.get(update) ?? 0) + 1);
  }

  const found = new Map<Operation, InPlaceUpdate>();
  for (const operation of program.operations) {
    const count = stateInputs[operation.op];
    if (count === undefined) continue;
    const states = operation.inputs.slice(0, count).map((value) => stateByValue.get(value));
    const fits = operation.outputs.every((output, index) => {
      const state = states[index];
      return state !== undefined && state.update === output && !readers.has(output) && updateCounts.get(output) === 1;
    });
    if (fits) found.set(operation, { operation, states: states.filter((state) => state !== undefined) });
  }
  return found;
}

/**
 * The resource kernel for an in-place update. Formulas are those of `types.ts`:
 * ResourceApplyKerasMomentum includes the learning rate in the velocity, and ResourceApplyAdam
 * adds epsilon outside the bias correction, as Keras does.
 *
 * @param handles Variables of the state entries, in order.
 * @param rest The other inputs of the operation, in order.
 */
export function inPlaceKernel(
  operation: Operation,
  handles: readonly Output[],
  rest: readonly Output[],
  constant: (value: number) => Output,
): Pick<NodeRequest, 'op' | 'inputs' | 'attributes'> {
  const T = attribute.type(DataType.float);
  switch (operation.op) {
    case 'applyGradientDescent':
      return { op: 'ResourceApplyGradientDescent', inputs: [...handles, ...rest], attributes: { T } };
    case 'applyMomentum': {
      const [learningRate, momentum, gradient] = [at(rest, 0), at(rest, 1), at(rest, 2)];
      return {
        op: 'ResourceApplyKerasMomentum',
        inputs: [...handles, learningRate, gradient, momentum],
        attributes: { T, use_nesterov: attribute.bool(operation.attributes.nesterov) },
      };
    }
    case 'applyAdam': {
      const [learningRate, beta1Power, beta2Power, gradient] = [at(rest, 0), at(rest, 1), at(rest, 2), at(rest, 3)];
      const { beta1, beta2, epsilon } = operation.attributes;
      return {
        op: 'ResourceApplyAdam',
        inputs: [
          ...handles,
          beta1Power,
          beta2Power,
          learningRate,
          constant(beta1),
          constant(beta2),
          constant(epsilon),
          gradient,
        ],
        attributes: { T },
      };
    }
    default:
      throw new Error(`Expected an optimizer update; received '${operation.op}'.`);
  }
}
