import { programGraph } from '../../src-main/engines/onnx/program-writer.ts';
import { loadGraph, loadOnnxBackend } from '../../src-main/engines/onnx/runtime.ts';
import { toHostTensor } from '../../src-main/engines/onnx/host-tensors.ts';
import type { HostArray } from '../../src-main/engines/onnx/host-tensors.ts';
import type { HostTensor } from '../../src-main/engines/interface/engine.ts';
import { ProgramBuilder } from '../../src-shared/program/builder/builder.ts';
import type { DType, OpAttributes, OpName, Program, Shape, ValueId } from '../../src-shared/program/language/types.ts';

export const float = (shape: readonly number[], data: readonly number[]): HostTensor => ({
  dtype: 'float32',
  shape,
  data: Float32Array.from(data),
});
export const int = (shape: readonly number[], data: readonly number[]): HostTensor => ({
  dtype: 'int32',
  shape,
  data: Int32Array.from(data),
});
export const bool = (shape: readonly number[], data: readonly number[]): HostTensor => ({
  dtype: 'bool',
  shape,
  data: Uint8Array.from(data),
});

/** Runs a program without state once. */
export async function runProgram(
  program: Program,
  feeds: Record<string, HostTensor>,
): Promise<Record<string, HostTensor>> {
  const backend = await loadOnnxBackend('cpu');
  const graph = await loadGraph(backend, programGraph('test', program), { intraOpThreads: 1, keepMemory: false });
  try {
    const tensors = Object.entries(feeds).map(([name, { dtype, shape, data }]) => [
      name,
      new backend.runtime.Tensor(dtype, data as never, [...shape]),
    ]);
    const fetches = Object.fromEntries(program.outputs.map(({ name }) => [name, null]));
    const results = await graph.run(Object.fromEntries(tensors), fetches);
    return Object.fromEntries(
      Object.entries(results).map(([name, { type, dims, data }]) => [
        name,
        toHostTensor(type as DType, [...dims], data as HostArray),
      ]),
    );
  } finally {
    await graph.release();
  }
}

/** Builds a program over `inputs`, whose first axis is the batch axis if `batch` is set, and runs it. */
export function evaluate(
  inputs: readonly HostTensor[],
  build: (builder: ProgramBuilder, values: readonly ValueId[]) => readonly ValueId[],
  batch: readonly number[] = [],
): Promise<Record<string, HostTensor>> {
  const builder = new ProgramBuilder();
  const values = inputs.map(({ dtype, shape }, index) => {
    const declared: Shape = batch.includes(index) ? [null, ...shape.slice(1)] : shape;
    return builder.input(`input${index}`, dtype, declared);
  });
  build(builder, values).forEach((value, index) => builder.output(`output${index}`, value));
  return runProgram(builder.build(), Object.fromEntries(inputs.map((input, index) => [`input${index}`, input])));
}

/** Runs one operation. @returns Its outputs. */
export async function runOperation<Name extends OpName>(
  op: Name,
  attributes: OpAttributes[Name],
  inputs: readonly HostTensor[],
  batch: readonly number[] = [],
): Promise<HostTensor[]> {
  const results = await evaluate(inputs, (builder, values) => builder.op(op, values, attributes), batch);
  return Object.values(results);
}
