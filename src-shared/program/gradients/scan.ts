import { gradientsFrom } from './autodiff.ts';
import { ProgramBuilder } from '../builder/builder.ts';
import type { ScanParts } from '../shapes/scan-shapes.ts';
import { simplify } from '../builder/simplify.ts';
import type {
  Operation,
  Program,
  ScanAttributes,
  ScanBackward,
  ScanSource,
  TensorType,
  ValueId,
} from '../language/types.ts';

/** Results of one step: the carried values for the next step, and the values to stack. */
export interface StepResult {
  readonly carried: readonly ValueId[];
  readonly outputs: readonly ValueId[];
}

export interface ScanRequest extends ScanParts<ValueId> {
  readonly reverse: boolean;
  /** Emits one step into `b`; `parts` are the scan's inputs as values of `b`. */
  readonly step: (b: ProgramBuilder, parts: ScanParts<ValueId>) => StepResult;
}

/**
 * Emits a step once and a scan that repeats it. The scan can be differentiated: values that
 * the gradient needs from each step are stacked too; `simplify` removes them if they are unread.
 *
 * @param request Sequences are [N, T, …]; matrices may only be right factors of `matMul`.
 * @returns Carried values after the last step, and stacked outputs [N, T, …].
 */
export function emitScan(builder: ProgramBuilder, request: ScanRequest): StepResult {
  const inputs = [...request.carried, ...request.sequences, ...request.matrices, ...request.constants];
  const body = new StepBuilder(builder, request);
  const outer = builder.op('scan', inputs, body.attributes(request.reverse));
  const count = request.carried.length;
  return { carried: outer.slice(0, count), outputs: outer.slice(count, count + body.result.outputs.length) };
}

/** Emits a step and its gradient into one builder, then splits it into two programs. */
class StepBuilder {
  readonly result: StepResult;
  private readonly b = new ProgramBuilder();
  private readonly parts: ScanParts<ValueId>;
  private readonly forward: readonly Operation[];
  private readonly backward: readonly Operation[];
  private readonly carriedGradients: readonly ValueId[];
  private readonly outputGradients: readonly ValueId[];
  private readonly found: ReadonlyMap<ValueId, ValueId>;
  private readonly products: readonly { matrix: number; left: ValueId; output: ValueId }[];
  /** Stacked outputs of the forward scan: those of the step, then those that only the gradient reads. */
  private readonly stacked: ValueId[];
  private readonly sources: { value: ValueId; source: ScanSource }[] = [];

  constructor(outer: ProgramBuilder, request: ScanRequest) {
    const { b } = this;
    const read = (kind: string, values: readonly ValueId[], isSequence = false): ValueId[] =>
      values.map((value, i) => {
        const { dtype, shape } = outer.typeOf(value);
        return b.input(`${kind}${i}`, dtype, isSequence ? [shape[0]!, ...shape.slice(2)] : shape);
      });
    this.parts = {
      carried: read('carried', request.carried),
      sequences: read('sequence', request.sequences, true),
      matrices: read('matrix', request.matrices),
      constants: read('constant', request.constants),
    };
    this.result = request.step(b, this.parts);
    this.stacked = [...this.result.outputs];
    this.forward = [...b.operations];
    this.products = this.productsWithMatrices();
    const gradientOf = (kind: string, value: ValueId, i: number): ValueId =>
      b.input(`${kind}${i}`, 'float32', b.shapeOf(value));
    this.carriedGradients = this.result.carried.map((value, i) => gradientOf('carriedGradient', value, i));
    this.outputGradients = this.result.outputs.map((value, i) => gradientOf('outputGradient', value, i));
    this.found = this.differentiate();
    this.backward = b.operations.slice(this.forward.length);
  }

  attributes(reverse: boolean): ScanAttributes {
    const { parts, result } = this;
    const backward = this.backwardScan();
    const body = this.program(
      [...parts.carried, ...parts.sequences, ...parts.matrices, ...parts.constants],
      this.forward,
      [...result.carried, ...this.stacked],
    );
    const counts = {
      carried: parts.carried.length,
      sequences: parts.sequences.length,
      matrices: parts.matrices.length,
    };
    return { body, ...counts, reverse, backward };
  }

  private productsWithMatrices(): { matrix: number; left: ValueId; output: ValueId }[] {
    const { matrices } = this.parts;
    return this.forward.flatMap((operation) =>
      operation.inputs.flatMap((input, position) => {
        const matrix = matrices.indexOf(input);
        if (matrix < 0) return [];
        const isFactor =
          operation.op === 'matMul' &&
          position === 1 &&
          !operation.attributes.transposeA &&
          !operation.attributes.transposeB;
        if (!isFactor)
          throw new Error(`Expected a scan's matrix as right factor of 'matMul'; received it in '${operation.op}'.`);
        return [{ matrix, left: operation.inputs[0]!, output: operation.outputs[0]! }];
      }),
    );
  }

  /** Gradients of carried values, sequences, constants and of products with matrices. */
  private differentiate(): ReadonlyMap<ValueId, ValueId> {
    const { b, parts, result } = this;
    const wanted = [
      ...parts.carried,
      ...parts.sequences.filter((value) => b.typeOf(value).dtype === 'float32'),
      ...parts.constants.filter((value) => b.typeOf(value).dtype === 'float32'),
      ...this.products.map(({ output }) => output),
    ];
    const seeds = [
      ...result.carried.map((value, i) => ({ value, gradient: () => this.carriedGradients[i]! })),
      ...result.outputs.map((value, i) => ({ value, gradient: () => this.outputGradients[i]! })),
    ];
    const gradients = gradientsFrom(b, seeds, wanted);
    return new Map(wanted.flatMap((value, i) => (gradients[i] === null ? [] : [[value, gradients[i]!] as const])));
  }

  private backwardScan(): ScanBackward {
    const { b, parts, found } = this;
    const madeForward = new Map(
      this.forward.flatMap((operation) => operation.outputs.map((v) => [v, operation] as const)),
    );
    const matrices: number[] = [];
    const constants: number[] = [];
    const copied: Operation[] = [];
    const operations = this.backward.map((operation) => {
      for (const input of operation.inputs) {
        const producer = madeForward.get(input);
        if (producer?.op === 'constant') {
          if (!copied.includes(producer)) copied.push(producer);
        } else if (parts.matrices.includes(input)) {
          addOnce(matrices, parts.matrices.indexOf(input));
        } else if (parts.constants.includes(input)) {
          addOnce(constants, parts.constants.indexOf(input));
        } else if (producer !== undefined || !this.isMadeBackward(input)) {
          this.sourceOf(input);
        }
      }
      return this.untransposed(operation);
    });
    const outputs: ValueId[] = [];
    const outputOf = (gradient: ValueId): number => {
      addOnce(outputs, gradient);
      return outputs.indexOf(gradient);
    };
    const gradientOutput = (value: ValueId): number | null => {
      const gradient = found.get(value);
      return gradient === undefined ? null : outputOf(gradient);
    };
    const products = this.products.flatMap(({ matrix, left, output }) => {
      const gradient = gradientOutput(output);
      return gradient === null ? [] : [{ matrix, left: this.sourceOf(left), gradient }];
    });
    const sequences = parts.sequences.map(gradientOutput);
    const constantGradients = parts.constants.map(gradientOutput);
    const zero = (value: ValueId): ValueId => {
      const inner = b.plain('broadcastLike', b.scalar(0), value);
      operations.push(...b.operations.slice(-2));
      return inner;
    };
    const before = parts.carried.map((value, i) => found.get(value) ?? zero(this.carriedGradients[i]!));
    // A scan needs a sequence for its length, even if the gradient of the step reads none.
    if (this.sources.length === 0) this.sourceOf(parts.sequences[0]!);
    const transposed = new Map(
      matrices.map((matrix) => [parts.matrices[matrix]!, this.transposedType(parts.matrices[matrix]!)] as const),
    );
    const body = this.program(
      [
        ...this.carriedGradients,
        ...this.sources.map(({ value }) => value),
        ...matrices.map((matrix) => parts.matrices[matrix]!),
        ...constants.map((constant) => parts.constants[constant]!),
      ],
      [...copied, ...operations],
      [...before, ...outputs],
      transposed,
    );
    return {
      body,
      sources: this.sources.map(({ source }) => source),
      matrices,
      constants,
      sequences,
      constantGradients,
      products,
    };
  }

  private isMadeBackward(value: ValueId): boolean {
    return this.carriedGradients.includes(value) || this.b.producerOf(value) !== null;
  }

  /** Makes a value of the step a sequence of the backward scan; stacks it in the forward scan where necessary. */
  private sourceOf(value: ValueId): ScanSource {
    const known = this.sources.find((entry) => entry.value === value);
    if (known !== undefined) return known.source;
    const source = this.newSource(value);
    this.sources.push({ value, source });
    return source;
  }

  private newSource(value: ValueId): ScanSource {
    const sequence = this.parts.sequences.indexOf(value);
    if (sequence >= 0) return { from: 'sequence', index: sequence };
    const outputGradient = this.outputGradients.indexOf(value);
    if (outputGradient >= 0) return { from: 'outputGradient', index: outputGradient };
    addOnce(this.stacked, value);
    return { from: 'output', index: this.stacked.indexOf(value) };
  }

  /** The backward scan receives matrices already transposed, so products with them do not transpose again. */
  private untransposed(operation: Operation): Operation {
    if (operation.op !== 'matMul' || !this.parts.matrices.includes(operation.inputs[1]!)) return operation;
    return { ...operation, attributes: { transposeA: operation.attributes.transposeA, transposeB: false } };
  }

  private transposedType(matrix: ValueId): TensorType {
    const { dtype, shape } = this.b.typeOf(matrix);
    return { dtype, shape: [...shape].reverse() };
  }

  /** The part of the step that computes `outputs` from `inputs`, as a program. */
  private program(
    inputs: readonly ValueId[],
    operations: readonly Operation[],
    outputs: readonly ValueId[],
    types: ReadonlyMap<ValueId, TensorType> = new Map(),
  ): Program {
    const made = [...inputs, ...operations.flatMap((operation) => operation.outputs)];
    const numbers = new Map(made.map((value, i) => [value, i]));
    const number = (value: ValueId): ValueId => {
      const found = numbers.get(value);
      if (found === undefined) throw new Error('A step reads a value that does not belong to it.');
      return found;
    };
    return simplify({
      values: made.map((value) => types.get(value) ?? this.b.typeOf(value)),
      inputs: inputs.map((value, i) => ({ name: `in${i}`, value: number(value) })),
      state: [],
      operations: operations.map(
        (operation) =>
          ({ ...operation, inputs: operation.inputs.map(number), outputs: operation.outputs.map(number) }) as Operation,
      ),
      outputs: outputs.map((value, i) => ({ name: `out${i}`, value: number(value) })),
    });
  }
}

function addOnce(list: number[], value: number): void {
  if (!list.includes(value)) list.push(value);
}
