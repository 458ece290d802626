import { ProgramBuilder } from '../../../src-shared/program/builder/builder.ts';
import { simplify } from '../../../src-shared/program/builder/simplify.ts';
import { ShapeError } from '../../../src-shared/program/language/shape.ts';
import type { Program, ValueId } from '../../../src-shared/program/language/types.ts';
import type { ImportLoss } from '../../../src-shared/interchange/import-report.ts';
import { fixedConstant } from '../../../src-shared/interchange/onnx/graph/constants.ts';
import { foldOf } from '../../../src-shared/interchange/onnx/graph/fold-constants.ts';
import { FLOAT_TYPES, OnnxRefusal } from '../../../src-shared/interchange/onnx/graph/onnx-model.ts';
import type { OnnxModel, OnnxNode, OnnxValueInfo } from '../../../src-shared/interchange/onnx/graph/onnx-model.ts';
import {
  constantOfNode,
  nodesInOrder,
  unknownOperations,
} from '../../../src-shared/interchange/onnx/graph/reading-order.ts';
import { GraphProgram, NodeRefusal } from '../operations/graph-program.ts';
import type { ProgramWeight } from '../operations/graph-program.ts';
import { converterOf, isRounding } from './converters/converters.ts';
import { quantizationLosses } from './quantization-losses.ts';
import { OnnxContext } from './converters/onnx-context.ts';
import type { OnnxValue } from './converters/onnx-context.ts';
import { scopesOf } from './onnx-scopes.ts';

/** A file as one program. Inputs and outputs have the names and the order of axes of the file. */
export interface OnnxProgram {
  readonly program: Program;
  /** By the name of the program's state. */
  readonly weights: ReadonlyMap<string, ProgramWeight>;
  /** Initializers that the outputs depend on. */
  readonly used: ReadonlySet<string>;
  /** The number of examples that the file is for; null: any. */
  readonly fixedBatch: number | null;
}

/**
 * Converts an ONNX graph for prediction into operations. Axes stay as in the file: channels come first.
 *
 * @returns Without a program if parts of it cannot be exact; all of them are in the losses.
 * @throws AppError 'model-file/damaged' if the graph has a cycle or values without a source.
 */
export function onnxProgram(model: OnnxModel): {
  readonly converted: OnnxProgram | null;
  readonly losses: readonly ImportLoss[];
} {
  return new Conversion(model).result();
}

/** Operations that make values of a size that they are given. */
const REPEATING: ReadonlySet<string> = new Set(['Expand', 'ConstantOfShape']);

class Conversion {
  readonly #model: OnnxModel;
  readonly #nodes: readonly OnnxNode[];
  readonly #outputs: readonly OnnxValueInfo[];
  readonly #losses: ImportLoss[] = [];
  readonly #values = new Map<string, OnnxValue>();
  /** Operations that round values of the examples. */
  readonly #rounding = new Set<string>();

  constructor(model: OnnxModel) {
    const floats = model.outputs.filter(({ type }) => type === null || FLOAT_TYPES.has(type));
    this.#outputs = floats.length === 0 ? model.outputs : floats;
    this.#model = { ...model, outputs: this.#outputs };
    this.#nodes = nodesInOrder(this.#model);
    this.#noteOutputs(model.outputs.filter((output) => !this.#outputs.includes(output)));
  }

  result(): ReturnType<typeof onnxProgram> {
    const { initializers, inputs } = this.#model;
    this.#requireOperations();
    if (this.#isRefused()) return { converted: null, losses: this.#losses };
    const read = new Set([...this.#nodes.flatMap((node) => node.inputs), ...this.#outputs.map(({ name }) => name)]);
    const given = inputs.filter(({ name }) => read.has(name));
    const batch = given.map(({ shape }) => shape?.[0]).find((size) => typeof size === 'number') ?? null;
    const program = new GraphProgram(new ProgramBuilder(), batch);
    for (const input of given) this.#input(program, input);
    for (const [name, tensor] of initializers) {
      if (read.has(name)) this.#values.set(name, { kind: 'constant', constant: fixedConstant(tensor, name, true) });
    }
    const scopes = scopesOf(this.#nodes);
    for (const node of this.#nodes) this.#node(program, node, scopes.get(node)!);
    for (const { name } of this.#outputs) this.#output(program, name);
    if (this.#isRefused()) return { converted: null, losses: this.#losses };
    const used = new Set([...initializers.keys()].filter((name) => read.has(name)));
    const { builder } = program;
    const weights = this.#rounding.size === 0 ? program.weights : frozen(program.weights);
    this.#losses.push(...quantizationLosses(this.#rounding, batch));
    const converted = { program: simplify(builder.build()), weights, used, fixedBatch: batch };
    return { converted, losses: this.#losses };
  }

  #isRefused(): boolean {
    return this.#losses.some(({ severity }) => severity === 'refused');
  }

  #refuse(layer: string | null, code: string, message: string): void {
    this.#losses.push({ code, severity: 'refused', layer, message });
  }

  #noteOutputs(ignored: readonly OnnxValueInfo[]): void {
    for (const { name } of ignored) {
      const message = `The output '${name}' is ignored: an output here has real numbers.`;
      this.#losses.push({ code: 'onnx/output', severity: 'changed', layer: name, message });
    }
  }

  #requireOperations(): void {
    const unknown = new Map<string, string[]>();
    for (const { opType, name } of this.#nodes) {
      if (opType === 'Constant' || foldOf(opType) !== null || converterOf(opType) !== null) continue;
      unknown.set(opType, [...(unknown.get(opType) ?? []), name]);
    }
    if (unknown.size > 0) this.#refuse(null, 'onnx/operations', unknownOperations(unknown));
  }

  #input({ builder, inputs }: GraphProgram, { name, type, shape }: OnnxValueInfo): void {
    const [, ...sizes] = shape ?? [];
    if (type === null || !sizes.every((size) => typeof size === 'number') || sizes.length === 0) {
      return this.#refuse(
        name,
        'onnx/input',
        `Expected numbers with fixed sizes after the examples as input '${name}'.`,
      );
    }
    const value = builder.input(name, 'float32', [null, ...sizes]);
    inputs.push(value);
    const dtype = FLOAT_TYPES.has(type) ? 'float32' : type === 'bool' ? 'bool' : 'int32';
    this.#values.set(name, { kind: 'computed', value: builder.within(name, () => builder.cast(value, dtype)) });
  }

  #node(program: GraphProgram, node: OnnxNode, scope: string): void {
    const inputs = node.inputs.map((name) => (name === '' ? null : this.#values.get(name)));
    // What was refused is reported once.
    if (inputs.includes(undefined)) return;
    const { builder, rows } = program;
    const first = builder.operations.length;
    try {
      const folded = this.#folded(node, inputs as (OnnxValue | null)[]);
      if (folded !== null) {
        this.#values.set(node.outputs[0]!, folded);
        return;
      }
      const convert = converterOf(node.opType);
      if (convert === null) throw new NodeRefusal('values that depend on the examples');
      const context = new OnnxContext(program, node, this.#model.opset, inputs as (OnnxValue | null)[]);
      const made = builder.within(scope, () => convert(context));
      if (isRounding(node.opType)) this.#rounding.add(node.opType);
      for (const { inputs: from, outputs } of builder.operations.slice(first)) {
        for (const output of outputs) rows.add(output, from);
      }
      const values = Array.isArray(made) ? (made as readonly OnnxValue[]) : [made as OnnxValue];
      for (const [index, name] of node.outputs.entries()) {
        if (name !== '' && values[index] !== undefined) this.#values.set(name, values[index]);
      }
    } catch (error) {
      const isKnown = error instanceof OnnxRefusal || error instanceof NodeRefusal || error instanceof ShapeError;
      if (!isKnown) throw error;
      const name = node.name === '' ? (node.outputs[0] ?? '') : node.name;
      const received = error.message.replace(/\.$/, '');
      this.#refuse(name, 'onnx/operation', `'${name}', a ${node.opType}, cannot be computed here: ${received}.`);
    }
  }

  /** An operation on constants; null: it is one of the program, on weights or examples. */
  #folded(node: OnnxNode, inputs: readonly (OnnxValue | null)[]): OnnxValue | null {
    const output = node.outputs[0] ?? '';
    if (node.opType === 'Constant') {
      return { kind: 'constant', constant: fixedConstant(constantOfNode(node), output, false) };
    }
    const fold = foldOf(node.opType);
    const constants = inputs.flatMap((each) => (each?.kind === 'constant' ? [each.constant] : []));
    if (fold === null || constants.length < inputs.filter((each) => each !== null).length) return null;
    if (constants.length === 0) return null;
    const isFixed = constants.every(({ forBatches: [first, second] }) => first === second);
    // Values for each example are not stored for a number of examples.
    if (!isFixed && REPEATING.has(node.opType)) return null;
    const [a, b] = ([0, 1] as const).map((batch) =>
      fold(
        node,
        inputs.map((each) => (each?.kind === 'constant' ? each.constant.forBatches[batch] : null)),
        this.#model.opset,
      ),
    );
    const names = new Set([output, ...constants.flatMap((constant) => [...constant.names])]);
    return {
      kind: 'constant',
      constant: { forBatches: [a!, isFixed ? a! : b!], names, initializers: new Set() },
    };
  }

  #output({ builder, rows }: GraphProgram, name: string): void {
    const found = this.#values.get(name);
    if (found === undefined) {
      if (!this.#isRefused()) {
        this.#refuse(name, 'onnx/output', `'${name}' cannot be an output here: it is not computed for prediction.`);
      }
      return;
    }
    const isReal = found.kind === 'computed' && found.stored === undefined;
    const value: ValueId | null = isReal ? found.value : null;
    const { dtype, shape } = value === null ? { dtype: null, shape: [] } : builder.typeOf(value);
    const isOfExamples = value !== null && shape[0] === null && shape.length > 1 && rows.of(value) === 1;
    if (isOfExamples && dtype === 'float32') builder.output(name, value);
    else
      this.#refuse(name, 'onnx/output', `'${name}' cannot be an output here: it needs real numbers for each example.`);
  }
}

/** Rounding has no gradient: weights before it cannot train. */
function frozen(weights: ReadonlyMap<string, ProgramWeight>): ReadonlyMap<string, ProgramWeight> {
  return new Map([...weights].map(([name, weight]) => [name, { ...weight, role: { ...weight.role, trains: false } }]));
}
