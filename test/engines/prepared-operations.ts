import { expect } from 'vitest';
import { ProgramBuilder } from '../../src-shared/program/builder/builder.ts';
import { interpret } from '../../src-shared/program/interpret/interpret.ts';
import { maxPool2d } from '../../src-shared/program/interpret/neural.ts';
import { operationCases } from './operation-cases.ts';
import type { HostTensor } from '../../src-main/engines/interface/engine.ts';
import type { OpAttributes, OpName, Program } from '../../src-shared/program/language/types.ts';
import type { Tensor } from '../../src-shared/program/interpret/tensor.ts';
import type { OperationCase } from './operation-cases.ts';

/** One operation as a program, with the outputs of the reference interpreter. */
export interface Prepared {
  readonly title: string;
  readonly program: Program;
  readonly inputs: Record<string, HostTensor>;
  readonly expected: ReadonlyMap<string, Tensor>;
}

function prepare<Name extends OpName>(op: Name, example: OperationCase<Name>): Prepared {
  const builder = new ProgramBuilder();
  const tensors = [...example.inputs];
  if (op === 'maxPool2dGradient') {
    const pooled = maxPool2d(tensors[0]!, example.attributes as OpAttributes['maxPool2d']);
    tensors[1] = { ...pooled, data: Float64Array.from(pooled.data, Math.fround) };
  }
  const values = tensors.map(({ dtype, shape }, index) => {
    const isBatched = example.batched?.includes(index) ?? false;
    return builder.input(`input${index}`, dtype, isBatched ? [null, ...shape.slice(1)] : shape);
  });
  builder.op(op, values, example.attributes).forEach((value, index) => builder.output(`output${index}`, value));
  const program = builder.build();
  const named = tensors.map((tensor, index) => [`input${index}`, asFed(tensor)] as const);
  return {
    title: example.title === undefined ? op : `${op}, ${example.title}`,
    program,
    inputs: Object.fromEntries(named.map(([name, tensor]) => [name, toHost(tensor)])),
    expected: interpret(program, new Map(named)).outputs,
  };
}

/** A tensor rounded to float32. */
export function asFed(tensor: Tensor): Tensor {
  return tensor.dtype === 'float32' ? { ...tensor, data: tensor.data.map(Math.fround) } : tensor;
}

export function toHost({ dtype, shape, data }: Tensor): HostTensor {
  if (dtype === 'float32') return { dtype, shape, data: Float32Array.from(data) };
  if (dtype === 'int32') return { dtype, shape, data: Int32Array.from(data) };
  return { dtype, shape, data: Uint8Array.from(data) };
}

export function expectClose(actual: HostTensor | undefined, expected: Tensor): void {
  expect(actual?.dtype).toBe(expected.dtype);
  expect(actual?.shape).toEqual(expected.shape);
  const received = Array.from(actual!.data);
  expected.data.forEach((value, index) => {
    expect(Math.abs(received[index]! - value), `element ${index}`).toBeLessThanOrEqual(2e-6 + 5e-6 * Math.abs(value));
  });
}

/** Every case of every operation, for any engine. */
export const preparedOperations: readonly Prepared[] = (Object.keys(operationCases) as OpName[]).flatMap((op) =>
  operationCases[op].map((example) => prepare(op, example as OperationCase<OpName>)),
);
