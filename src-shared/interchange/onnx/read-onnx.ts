import type { Sketch } from '../../starting-points/sketch.ts';
import type { ImportLoss } from '../import-report.ts';
import { isConstant, OnnxCall } from './graph/call.ts';
import type { Operand } from './graph/call.ts';
import { fixedConstant } from './graph/constants.ts';
import type { Constant } from './graph/constants.ts';
import { OnnxDraft } from './graph/draft.ts';
import type { DraftLayer } from './graph/draft.ts';
import { foldOf } from './graph/fold-constants.ts';
import { arranged, asInFile, channelsLast, isSameArrangement, shapeOf } from './graph/layer-value.ts';
import type { LayerValue } from './graph/layer-value.ts';
import { constantOfNode, nodesInOrder, unknownOperations } from './graph/reading-order.ts';
import { FLOAT_TYPES, OnnxRefusal } from './graph/onnx-model.ts';
import type { OnnxModel, OnnxNode, OnnxTensor, OnnxValueInfo } from './graph/onnx-model.ts';
import { typeLosses } from './graph/type-losses.ts';
import { operationOf } from './operations/operations.ts';

/** A file as layers. */
export interface OnnxDrawing {
  /** The layers, then the Outputs. */
  readonly sketch: Sketch;
  /** The layers of the sketch, with their weights; without the Outputs. */
  readonly layers: readonly DraftLayer[];
  /** Initializers that the outputs depend on. */
  readonly used: ReadonlySet<string>;
  readonly losses: readonly ImportLoss[];
}

/** Numbers of examples for which shapes are computed. A size that follows them is the batch. */
const BATCHES = [7, 11] as const;

/**
 * Reads an ONNX graph as layers. Channels come last here. Parts that cannot be exact are refused, all of them in the
 * losses.
 *
 * @returns Null for a model that is refused.
 * @throws AppError 'model-file/damaged' if the graph has a cycle or values without a source.
 */
export function readOnnx(model: OnnxModel): { drawing: OnnxDrawing | null; losses: readonly ImportLoss[] } {
  const nodes = nodesInOrder(model);
  let moved: ReadonlySet<string> = new Set();
  // Each pass can find further inputs whose channels must be last.
  for (;;) {
    const reader = new Reader(model, nodes, moved);
    const drawing = reader.read();
    const { wishes } = reader.draft;
    const fresh = [...wishes].filter((input) => !moved.has(input));
    if (fresh.length === 0) return { drawing, losses: reader.losses };
    moved = new Set([...moved, ...fresh]);
  }
}

class Reader {
  readonly draft: OnnxDraft;
  readonly losses: ImportLoss[] = [];
  readonly #model: OnnxModel;
  readonly #nodes: readonly OnnxNode[];
  /** Inputs with channels last. */
  readonly #moved: ReadonlySet<string>;
  readonly #consumers = new Map<string, number>();
  readonly #values = new Map<string, Operand>();
  /** Names of operations that are not layers, with the nodes. */
  readonly #unknown = new Map<string, string[]>();
  /** Layers that have an initializer among their weights. */
  readonly #owners = new Map<string, Set<DraftLayer>>();

  constructor(model: OnnxModel, nodes: readonly OnnxNode[], moved: ReadonlySet<string>) {
    this.#model = model;
    this.#nodes = nodes;
    this.#moved = moved;
    for (const name of [...nodes.flatMap(({ inputs }) => inputs), ...model.outputs.map((output) => output.name)]) {
      if (name !== '') this.#consumers.set(name, (this.#consumers.get(name) ?? 0) + 1);
    }
    this.draft = new OnnxDraft(this.#consumers, nodes);
  }

  read(): OnnxDrawing | null {
    const { initializers, inputs, opset } = this.#model;
    for (const [name, tensor] of initializers) {
      if (this.#consumers.has(name)) this.#values.set(name, fixedConstant(tensor, name, true));
    }
    const used = inputs.filter(({ name }) => this.#consumers.has(name));
    const batches = this.#batchesOf(used);
    for (const input of used) this.#input(input);
    const reading = { draft: this.draft, opset, batches, consumers: this.#consumers };
    for (const node of this.#nodes) this.#node(node, reading);
    if (this.#unknown.size > 0) this.#refuse(null, 'onnx/operations', unknownOperations(this.#unknown));
    const outputs = this.#model.outputs.flatMap((output) => this.#output(output));
    if (this.losses.some(({ severity }) => severity === 'refused')) return null;
    this.#noteCopies();
    this.losses.push(...typeLosses(this.#model));
    const { sketch, layers } = this.draft.sketch(outputs.map(({ layer }) => layer));
    const names = new Set(layers.map(({ name }) => name));
    const ends = outputs.map(({ name, layer }) => {
      const readable = /^\d+$/.test(name) ? 'output' : name;
      const free = names.has(readable) ? `${readable}_output` : readable;
      return { kind: 'Output', params: {}, name: free, from: [layers.indexOf(layer)] };
    });
    const taken = new Set([...initializers.keys()].filter((name) => this.#consumers.has(name)));
    return { sketch: [...sketch, ...ends], layers, used: taken, losses: this.losses };
  }

  #refuse(layer: string | null, code: string, message: string): void {
    this.losses.push({ code, severity: 'refused', layer, message });
  }

  #change(code: string, layer: string | null, message: string, severity: 'note' | 'changed' = 'changed'): void {
    this.losses.push({ code, severity, layer, message });
  }

  #batchesOf(inputs: readonly OnnxValueInfo[]): readonly [number, number] {
    const fixed = new Set(inputs.flatMap(({ shape }) => (typeof shape?.[0] === 'number' ? [shape[0]] : [])));
    const isOpen = inputs.some(({ shape }) => typeof shape?.[0] === 'string');
    if (fixed.size === 0) return BATCHES;
    if (fixed.size > 1 || isOpen) {
      const received = [...fixed, ...(isOpen ? ['any'] : [])].join(' and ');
      this.#refuse(null, 'onnx/batch', `Expected inputs with the same number of examples; received ${received}.`);
    }
    const [batch] = [...fixed];
    this.#change(
      'onnx/batch',
      null,
      `The file takes ${batch} example${batch === 1 ? '' : 's'} at a time. Here the number is free.`,
      'note',
    );
    return [batch!, batch!];
  }

  #input({ name, type, shape }: OnnxValueInfo): void {
    const refuse = (expected: string, received: string): void =>
      this.#refuse(name, 'onnx/input', `Expected ${expected} as input '${name}'; received ${received}.`);
    if (type === null || type === 'bool') return refuse('numbers', type ?? 'another type');
    if (shape === null || shape.length < 2) {
      return refuse(
        'an axis of examples and one of values',
        shape === null ? 'an unknown shape' : `${shape.length} axes`,
      );
    }
    const open = shape.slice(1).filter((size) => typeof size === 'string' || size < 1);
    if (open.length > 0) {
      const sizes = shape.map((size) => (size === '' ? '?' : size)).join(' × ');
      return refuse('fixed sizes after the examples', `${sizes}. Export the model with a fixed size of its inputs`);
    }
    const axes = [...shape.keys()];
    const order = this.#moved.has(name) ? [0, ...axes.slice(2), 1] : axes;
    const sizes = order.map((axis, own) => (own === 0 ? null : (shape[axis] as number)));
    const layer = this.draft.add('Input', { shape: sizes.slice(1) as number[] }, [], name.replaceAll('/', '_'));
    layer.outputs.add(name);
    this.#values.set(name, {
      layer,
      sizes,
      axes: shape.map((_, axis) => [order.indexOf(axis)]),
      type: FLOAT_TYPES.has(type) ? 'float' : 'integer',
      nonNegative: false,
      origin: name,
    });
    if (order.some((axis, own) => axis !== own)) {
      const [before, after] = [shape.slice(1), sizes.slice(1)].map((list) => list.join(' × '));
      this.#change(
        'onnx/layout',
        name,
        `Input '${name}' is ${before} in the file, with channels first; here it is ${after}, with channels last.`,
      );
    }
  }

  #node(node: OnnxNode, reading: ConstructorParameters<typeof OnnxCall>[1]): void {
    const operands = node.inputs.map((name) => (name === '' ? null : this.#values.get(name)));
    const isFoldable = operands.every((operand) => operand === null || (operand !== undefined && isConstant(operand)));
    // Whether an operation is one on constants is unknown if its input was refused.
    const isRefused = operands.includes(undefined);
    const isFold = foldOf(node.opType) !== null;
    const isKnown =
      node.opType === 'Constant' || (isFoldable ? isFold : operationOf(node.opType) !== null || (isRefused && isFold));
    if (!isKnown) {
      this.#unknown.set(node.opType, [...(this.#unknown.get(node.opType) ?? []), node.name]);
      return;
    }
    // A value that was refused is reported once.
    if (isRefused) return;
    try {
      if (isFoldable) {
        this.#values.set(node.outputs[0]!, this.#folded(node, operands as (Constant | null)[]));
        return;
      }
      this.draft.begin(node);
      const call = new OnnxCall(node, reading, operands as (Operand | null)[]);
      const made = operationOf(node.opType)!(call);
      const results = Array.isArray(made) ? (made as readonly (Operand | null)[]) : [made as Operand];
      for (const [index, result] of results.entries()) this.#result(node.outputs[index] ?? '', result, call);
    } catch (error) {
      if (!(error instanceof OnnxRefusal)) throw error;
      const name = node.name === '' ? (node.outputs[0] ?? '') : node.name;
      this.#refuse(name, 'onnx/operation', `'${name}', a ${node.opType}, cannot be a layer here: ${error.message}.`);
    }
  }

  #result(name: string, result: Operand | null, call: OnnxCall): void {
    if (name === '' || result === null) return;
    this.#values.set(name, isConstant(result) ? { ...result, names: new Set([...result.names, name]) } : result);
    if (isConstant(result)) return;
    result.layer.outputs.add(name);
    if (result.layer.weightsOf !== null) return;
    for (const initializer of [...call.used].flatMap((constant) => [...constant.initializers])) {
      const owners = this.#owners.get(initializer) ?? new Set();
      this.#owners.set(initializer, owners.add(result.layer));
    }
  }

  #folded(node: OnnxNode, operands: readonly (Constant | null)[]): Constant {
    const output = node.outputs[0]!;
    if (node.opType === 'Constant') return fixedConstant(constantOfNode(node), output, false);
    const compute = (batch: 0 | 1): OnnxTensor =>
      foldOf(node.opType)!(
        node,
        operands.map((operand) => operand?.forBatches[batch] ?? null),
        this.#model.opset,
      );
    const first = compute(0);
    const isFixed = operands.every((operand) => operand === null || operand.forBatches[0] === operand.forBatches[1]);
    const all = operands.filter((operand) => operand !== null);
    return {
      forBatches: [first, isFixed ? first : compute(1)],
      names: new Set([output, ...all.flatMap(({ names }) => [...names])]),
      initializers: new Set(all.flatMap(({ initializers }) => [...initializers])),
    };
  }

  #output({ name }: OnnxValueInfo): { name: string; layer: DraftLayer }[] {
    const value = this.#values.get(name);
    if (value === undefined) return [];
    try {
      if (isConstant(value)) throw new OnnxRefusal('it does not depend on the inputs');
      if (value.type !== 'float') throw new OnnxRefusal('it needs real numbers; received integers');
      return [{ name: name.replaceAll('/', '_'), layer: this.#outputLayer(name, value) }];
    } catch (error) {
      if (!(error instanceof OnnxRefusal)) throw error;
      this.#refuse(name, 'onnx/output', `'${name}' cannot be an output here: ${error.message}.`);
      return [];
    }
  }

  /** Images and sequences stay as they are, with channels last. */
  #outputLayer(name: string, value: LayerValue): DraftLayer {
    this.draft.begin({ name, opType: '', inputs: [], outputs: [], attributes: new Map() });
    const shape = shapeOf(value);
    const isImages =
      shape.length > 2 && isSameArrangement(value, channelsLast(value)) && !isSameArrangement(value, asInFile(value));
    if (!isImages) return arranged(this.draft, { ...value, origin: null }, asInFile(value)).layer;
    const [before, after] = [shape.slice(1), value.sizes.slice(1)].map((list) => list.join(' × '));
    this.#change(
      'onnx/layout',
      name,
      `Output '${name}' is ${before} in the file, with channels first; here it is ${after}, with channels last.`,
    );
    return value.layer;
  }

  #noteCopies(): void {
    for (const [initializer, owners] of this.#owners) {
      if (owners.size < 2) continue;
      const names = [...owners].map(({ name }) => `'${name}'`).join(', ');
      const isMatrix = (this.#model.initializers.get(initializer)?.shape.length ?? 0) > 1;
      const message = `The weights '${initializer}' are used by ${names}. Here each layer has its own copy, and training changes them separately.`;
      this.#change('onnx/shared-weights', null, message, isMatrix ? 'changed' : 'note');
    }
  }
}
