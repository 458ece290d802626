import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onnxModelMessage } from '../../src-main/engines/onnx/model/onnx-model.ts';
import type { OnnxAttributes, OnnxGraph, OnnxNode, OnnxTensor } from '../../src-main/engines/onnx/model/onnx-model.ts';
import type { Dice } from './dice.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** A node whose name is that of its first output. */
export function onnxNode(
  opType: string,
  inputs: readonly string[],
  outputs: readonly string[],
  attributes: OnnxAttributes = {},
): OnnxNode {
  return { name: `node of ${outputs.join()}`, opType, inputs, outputs, attributes };
}

/** Random weights from -1 to 1. */
export function onnxWeights(dice: Dice, name: string, shape: readonly number[]): OnnxTensor {
  const count = shape.reduce((a, b) => a * b, 1);
  const values = Float32Array.from({ length: count }, () => dice.unit() * 2 - 1);
  return { name, type: 'float32', shape, bytes: new Uint8Array(values.buffer) };
}

export function onnxIntegers(
  name: string,
  values: readonly number[],
  shape: readonly number[] = [values.length],
): OnnxTensor {
  const bytes = new Uint8Array(BigInt64Array.from(values, BigInt).buffer);
  return { name, type: 'int64', shape, bytes };
}

/** Writes a graph from 'x' to 'y'. @returns The file. */
export function writeOnnxGraph(
  name: string,
  shape: readonly number[],
  nodes: readonly OnnxNode[],
  initializers: readonly OnnxTensor[],
  change: Partial<OnnxGraph> = {},
): string {
  const path = join(temporaryFolder(), `${name}.onnx`);
  const graph = {
    name: 'g',
    nodes,
    initializers,
    inputs: [{ name: 'x', type: 'float32', shape: ['n', ...shape] }],
    outputs: [{ name: 'y', type: 'float32', shape: [] }],
    ...change,
  } as const;
  writeFileSync(path, onnxModelMessage(graph).toBytes());
  return path;
}
