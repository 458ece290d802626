import type { GraphConstant } from '../graphdef/convert-graph.ts';
import { GraphWriter, OperatorContext } from './graph-writer.ts';
import type { WrittenNode } from './graph-writer.ts';
import { float, int, shape, type } from './node-attributes.ts';
import { translators } from './operations.ts';
import type { Quantization, TfliteModel, TfliteOperator, TfliteTensor } from './tflite-file.ts';

/** What `convertGraph` takes. */
export interface TranslatedGraph {
  readonly nodes: readonly WrittenNode[];
  readonly constants: ReadonlyMap<string, GraphConstant>;
  readonly signature: object;
}

/** A value of whole numbers that stand for real ones, with one scale. */
export interface QuantizedValue extends Quantization {
  readonly low: number;
  readonly high: number;
}

/** Whole numbers of activations by type. */
const RANGES: Readonly<Record<string, readonly [number, number]>> = {
  INT8: [-128, 127],
  UINT8: [0, 255],
  INT16: [-32_768, 32_767],
};

/** Operations whose results are some of their operands. With the same scale they are not rounded again. */
const UNROUNDED: ReadonlySet<string> = new Set(
  (
    'RESHAPE TRANSPOSE EXPAND_DIMS SQUEEZE SLICE STRIDED_SLICE SPLIT SPLIT_V UNPACK PACK GATHER EMBEDDING_LOOKUP TILE ' +
    'REVERSE_V2 CONCATENATION PAD MIRROR_PAD MAX_POOL_2D REDUCE_MAX REDUCE_MIN MAXIMUM MINIMUM RELU DEPTH_TO_SPACE ' +
    'SPACE_TO_DEPTH SPACE_TO_BATCH_ND BATCH_TO_SPACE_ND RESIZE_NEAREST_NEIGHBOR'
  ).split(' '),
);

/** Null: the tensor has real numbers. */
export function quantizedValue({ type: name, quantization, data }: TfliteTensor): QuantizedValue | null {
  const range = RANGES[name];
  if (range === undefined || quantization === null || data !== null) return null;
  return { ...quantization, low: range[0], high: range[1] };
}

/**
 * The graph as one of TensorFlow. Operations without a translation become nodes that no converter has.
 *
 * @throws FlatbufferError, NodeRefusal.
 */
export function translated(model: TfliteModel, outputs: ReadonlyMap<string, number>): TranslatedGraph {
  const writer = new GraphWriter(model);
  const inputs = [...model.inputs].map(([name, index]) => [inputOf(writer, name, index), name] as const);
  for (const operator of model.operators) {
    const made = outputsOf(writer, operator);
    for (const [at, output] of operator.outputs.entries()) {
      const value = made[at];
      if (value !== undefined) writer.define(output, roundedAs(writer, operator, output, value));
    }
  }
  const tensors = (entries: Iterable<readonly [string, string]>): object =>
    Object.fromEntries([...entries].map(([key, name]) => [key, { name }]));
  return {
    nodes: writer.nodes,
    constants: writer.constants,
    signature: {
      inputs: tensors(inputs.map(([node, name]) => [name, node])),
      outputs: tensors([...outputs].map(([name, index]) => [name, writer.value(index)])),
    },
  };
}

function outputsOf(writer: GraphWriter, operator: TfliteOperator): readonly string[] {
  if (operator.outputs.length === 0) return [];
  const context = new OperatorContext(writer, operator);
  const isKnown = !operator.isCustom && Object.hasOwn(translators, operator.name);
  const made = isKnown ? translators[operator.name]!(context) : context.refused();
  if (typeof made !== 'string') return made;
  return isKnown ? [made] : operator.outputs.map(() => made);
}

/** @returns The node of the input. */
function inputOf(writer: GraphWriter, name: string, index: number): string {
  const tensor = writer.tensor(index);
  const quantized = quantizedValue(tensor);
  const isWhole = /^U?INT/.test(tensor.type);
  const plain = isWhole ? 'DT_INT32' : ({ FLOAT32: 'DT_FLOAT', BOOL: 'DT_BOOL' }[tensor.type] ?? tensor.type);
  const node = writer.node(name, 'Placeholder', [], {
    dtype: type(quantized === null ? plain : 'DT_FLOAT'),
    shape: shape(tensor.shape),
  });
  writer.define(index, quantized === null ? node : rounding(writer, `${node}/Quantized`, node, quantized));
  return node;
}

/** A result on the steps of its tensor. */
function roundedAs(writer: GraphWriter, operator: TfliteOperator, output: number, value: string): string {
  const tensor = writer.tensor(output);
  const own = quantizedValue(tensor);
  if (own === null) return value;
  const isSame = (index: number): boolean => {
    const operand = index < 0 ? undefined : writer.tensor(index);
    return operand?.quantization == null || stepsOf(operand.quantization) === stepsOf(own);
  };
  if (UNROUNDED.has(operator.name) && operator.inputs.every(isSame)) return value;
  return rounding(writer, `${value.split(':')[0]!}/Quantized`, value, own);
}

const stepsOf = ({ scales, zeros }: Quantization): string => `${scales.join()} ${zeros.join()}`;

function rounding(
  writer: GraphWriter,
  name: string,
  value: string,
  { scales, zeros, low, high }: QuantizedValue,
): string {
  const attributes = { scale: float(scales[0]!), zero: int(zeros[0] ?? 0), low: int(low), high: int(high) };
  return writer.node(name, 'Quantized', [value], attributes);
}
