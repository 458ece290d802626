/** Element types of ONNX that have numbers, by their code in TensorProto.DataType. */
export const ONNX_TYPES: Readonly<Record<number, OnnxType>> = {
  1: 'float32',
  2: 'uint8',
  3: 'int8',
  4: 'uint16',
  5: 'int16',
  6: 'int32',
  7: 'int64',
  9: 'bool',
  10: 'float16',
  11: 'float64',
  12: 'uint32',
  13: 'uint64',
  16: 'bfloat16',
};

export type OnnxType =
  | 'float32'
  | 'float64'
  | 'float16'
  | 'bfloat16'
  | 'int8'
  | 'int16'
  | 'int32'
  | 'int64'
  | 'uint8'
  | 'uint16'
  | 'uint32'
  | 'uint64'
  | 'bool';

export const FLOAT_TYPES: ReadonlySet<OnnxType> = new Set(['float32', 'float64', 'float16', 'bfloat16']);

/** The smallest and the largest number of the types of quantized values. */
export const INTEGER_RANGES: Readonly<Partial<Record<OnnxType, readonly [number, number]>>> = {
  uint8: [0, 255],
  int8: [-128, 127],
  uint16: [0, 65_535],
  int16: [-32_768, 32_767],
};

/** Numbers of a tensor, row-major: float32 as such, other types as float64. */
export type Numbers = Float32Array | Float64Array;

/** A constant tensor. Its values are read when they are needed. */
export interface OnnxTensor {
  readonly type: OnnxType;
  readonly shape: readonly number[];
  /** @throws AppError 'model-file/…'. */
  values(): Numbers;
}

/** Null: a value that is not read, as a graph. */
export type OnnxAttribute = number | string | readonly number[] | readonly string[] | OnnxTensor | null;

export interface OnnxNode {
  readonly name: string;
  /** With its domain, if that is not ONNX's: 'com.microsoft.FusedConv'. */
  readonly opType: string;
  /** An empty name is an input that is left out. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: ReadonlyMap<string, OnnxAttribute>;
}

/** An input or output of the graph. */
export interface OnnxValueInfo {
  readonly name: string;
  /** Null: no tensor of numbers. */
  readonly type: OnnxType | null;
  /** A name is a size that differs between calls; null: the rank is unknown. */
  readonly shape: readonly (number | string)[] | null;
}

export interface OnnxModel {
  /** 'pytorch 2.1.0'. */
  readonly producer: string;
  /** Of ONNX's operators. */
  readonly opset: number;
  readonly nodes: readonly OnnxNode[];
  readonly initializers: ReadonlyMap<string, OnnxTensor>;
  /** Without those that are initializers. */
  readonly inputs: readonly OnnxValueInfo[];
  readonly outputs: readonly OnnxValueInfo[];
  /** What the program that wrote the file noted, as text by key. */
  readonly metadata: ReadonlyMap<string, string>;
}

/** Something in the file that cannot be a layer here. The message says what was expected and what was received. */
export class OnnxRefusal extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'OnnxRefusal';
  }
}

/** A number of an attribute, or its default. */
export function numberAttribute({ attributes }: OnnxNode, name: string, standard: number): number {
  const value = attributes.get(name);
  return typeof value === 'number' ? value : standard;
}

export function textAttribute({ attributes }: OnnxNode, name: string, standard: string): string {
  const value = attributes.get(name);
  return typeof value === 'string' ? value : standard;
}

export function numbersAttribute({ attributes }: OnnxNode, name: string): readonly number[] | null {
  const value = attributes.get(name);
  return Array.isArray(value) && value.every((entry) => typeof entry === 'number') ? value : null;
}

/** @throws OnnxRefusal if the axis is outside the rank. */
export function axisIn(axis: number, rank: number): number {
  const counted = axis < 0 ? axis + rank : axis;
  if (Number.isInteger(counted) && counted >= 0 && counted < rank) return counted;
  throw new OnnxRefusal(`expected an axis of ${rank} axes; received ${axis}`);
}

export const sizeOf = (shape: readonly number[]): number => shape.reduce((product, size) => product * size, 1);
