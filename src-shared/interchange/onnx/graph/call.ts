import type { JsonValue } from '../../../document/schema/model-document.ts';
import { floatTensor } from './constants.ts';
import type { Constant } from './constants.ts';
import type { OnnxDraft } from './draft.ts';
import { arranged, shapeOf } from './layer-value.ts';
import type { Arrangement, LayerValue } from './layer-value.ts';
import { axisIn, OnnxRefusal } from './onnx-model.ts';
import type { OnnxNode } from './onnx-model.ts';
import { viewOf } from './weight-view.ts';
import type { WeightView } from './weight-view.ts';

/** A value that an operation reads. */
export type Operand = LayerValue | Constant;

export const isConstant = (operand: Operand): operand is Constant => 'forBatches' in operand;

/** Layers that can have an activation. */
const WITH_ACTIVATION: ReadonlySet<string> = new Set([
  'Dense',
  ...[1, 2, 3].flatMap((axes) => [`Conv${axes}D`, `Conv${axes}DTranspose`, `DepthwiseConv${axes}D`]),
]);

/** What is known of the whole file. */
export interface OnnxReading {
  readonly draft: OnnxDraft;
  readonly opset: number;
  /** Two numbers of examples; equal if the file has a fixed one. */
  readonly batches: readonly [number, number];
  /** How often each value of the file is used. */
  readonly consumers: ReadonlyMap<string, number>;
}

/** An operation with its inputs. */
export class OnnxCall {
  readonly node: OnnxNode;
  readonly reading: OnnxReading;
  readonly operands: readonly (Operand | null)[];
  /** Constants that became weights or parameters. */
  readonly used = new Set<Constant>();

  constructor(node: OnnxNode, reading: OnnxReading, operands: readonly (Operand | null)[]) {
    this.node = node;
    this.reading = reading;
    this.operands = operands;
  }

  get draft(): OnnxDraft {
    return this.reading.draft;
  }

  /** An input that depends on the inputs of the file. @throws OnnxRefusal */
  layer(index: number): LayerValue {
    const value = this.anyLayer(index);
    if (value.type === 'float') return value;
    throw new OnnxRefusal('it needs real numbers; received integers');
  }

  /** The same, or integers. */
  anyLayer(index: number): LayerValue {
    const operand = this.operands[index] ?? null;
    if (operand === null) throw new OnnxRefusal(`it needs an input ${index + 1}; received none`);
    if (isConstant(operand)) throw new OnnxRefusal(`its input ${index + 1} is a constant`);
    return operand;
  }

  /** A constant input; null: it is left out. @throws OnnxRefusal */
  constant(index: number): Constant | null {
    const operand = this.operands[index] ?? null;
    if (operand === null || isConstant(operand)) return operand;
    throw new OnnxRefusal(`it needs a constant as input ${index + 1}; received a value that depends on the inputs`);
  }

  /** A constant input as weights. */
  weights(index: number): WeightView {
    const constant = this.constant(index);
    if (constant === null) throw new OnnxRefusal(`it needs weights as input ${index + 1}; received none`);
    return this.viewOf(constant);
  }

  optionalWeights(index: number): WeightView | null {
    return this.constant(index) === null ? null : this.weights(index);
  }

  viewOf(constant: Constant): WeightView {
    this.used.add(constant);
    return viewOf(floatTensor(constant));
  }

  /** Whether another node reads a constant, or what it was computed from. */
  isShared(constant: Constant): boolean {
    return [...constant.names].some((name) => (this.reading.consumers.get(name) ?? 0) > 1);
  }

  /** For `addShared`: the names of the weights if another node has the first of them too; else null. */
  identity(...inputs: readonly number[]): string | null {
    const kernel = this.constant(inputs[0]!);
    if (kernel === null || !this.isShared(kernel)) return null;
    const { opType, attributes } = this.node;
    return JSON.stringify([opType, [...attributes], inputs.map((index) => this.node.inputs[index] ?? '')]);
  }

  /** The layer of an input, if this node may change it: no other node sees its output. Null: it may not. */
  changeable(index: number): LayerValue['layer'] | null {
    const { layer } = this.anyLayer(index);
    return this.draft.isOnlyUse(this.node.inputs[index]!, layer) ? layer : null;
  }

  arranged(value: LayerValue, target: Arrangement): LayerValue {
    return arranged(this.draft, value, target);
  }

  /** A layer that computes each value separately. */
  each(value: LayerValue, kind: string, params: Record<string, JsonValue>, nonNegative = false): LayerValue {
    return { ...value, layer: this.draft.add(kind, params, [value.layer]), nonNegative };
  }

  /** An activation of the input: of its layer if that has none, else a separate layer. */
  activation(
    name: string,
    nonNegative = false,
    kind = 'Activation',
    params: Record<string, JsonValue> = { activation: name },
  ): LayerValue {
    const value = this.layer(0);
    const layer = this.changeable(0);
    if (layer !== null && WITH_ACTIVATION.has(layer.kind) && layer.params['activation'] === undefined) {
      layer.params['activation'] = name;
      layer.outputs.clear();
      return { ...value, nonNegative };
    }
    return this.each(value, kind, params, nonNegative);
  }

  /** Axis of an attribute, counted from the front. */
  axis(axis: number, value: Arrangement): number {
    return axisIn(axis, value.axes.length);
  }
}

/** A value whose axis in the file is the last axis of its layer. */
export function withLastAxis(call: OnnxCall, value: LayerValue, axis: number): LayerValue {
  const own = value.axes[axis]!;
  if (own.length === 1 && own[0] === value.sizes.length - 1 && own[0] > 0) return value;
  const shape = shapeOf(value);
  const others = [...shape.keys()].filter((other) => other !== axis && shape[other] !== -1);
  const batch = shape.indexOf(-1);
  if (axis === batch) throw new OnnxRefusal('it works along the examples');
  const order = [batch, ...others, axis];
  return call.arranged(value, {
    sizes: order.map((each) => (each === batch ? null : shape[each]!)),
    axes: shape.map((_, each) => [order.indexOf(each)]),
  });
}

/** Offsets of a constant that differ along one axis of the file only. */
export interface PerChannel {
  /** Null: one number for all values. */
  readonly axis: number | null;
  readonly values: WeightView;
}

/** A constant that is one number, or one for each index of one axis; null: it is neither. */
export function perChannel(view: WeightView, shape: readonly number[]): PerChannel | null {
  const { length } = view.shape;
  const long = [...view.shape.keys()].filter((axis) => view.shape[axis] !== 1);
  if (length > shape.length || long.length > 1) return null;
  const axis = long.length === 0 ? null : long[0]! + shape.length - length;
  if (axis !== null && shape[axis] !== view.shape[long[0]!]) return null;
  const flat = view.terms.map((term) => {
    const base = term.offsets.reduce((sum, offsets, own) => (own === long[0] ? sum : sum + offsets[0]!), 0);
    return { ...term, offsets: [(term.offsets[long[0]!] ?? [0]).map((offset) => offset + base)] };
  });
  return { axis, values: { shape: [long.length === 0 ? 1 : view.shape[long[0]!]!], terms: flat } };
}
