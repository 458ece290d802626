import type { CompiledModel } from '../../src-shared/compiler/graph/compiled.ts';
import type { Program } from '../../src-shared/program/language/types.ts';
import { interpret } from '../../src-shared/program/interpret/interpret.ts';
import { sizeOf, tensorOf } from '../../src-shared/program/interpret/tensor.ts';
import type { Tensor } from '../../src-shared/program/interpret/tensor.ts';

function rowsOf(tensor: Tensor, rows: Int32Array): Tensor {
  const size = tensor.data.length / tensor.shape[0]!;
  const data = Array.from(rows).flatMap((row) => Array.from(tensor.data.subarray(row * size, (row + 1) * size)));
  return tensorOf(tensor.dtype, tensor.shape.with(0, rows.length), data);
}

/** State and data of a model in the reference interpreter: a slow float64 counterpart of an engine session. */
export class ReferenceSession {
  readonly state = new Map<string, Tensor>();
  private readonly x: Tensor;
  private readonly y: Tensor;

  /** @param weights Initial weights by name; slots use the model's initial values. */
  constructor(model: CompiledModel, weights: ReadonlyMap<string, Iterable<number>>, x: Tensor, y: Tensor) {
    this.x = x;
    this.y = y;
    for (const { name, shape } of model.weights) this.state.set(name, tensorOf('float32', shape, weights.get(name)!));
    for (const { name, dtype, shape, initial } of model.slots) {
      this.state.set(name, tensorOf(dtype, shape, new Array<number>(sizeOf(shape)).fill(initial)));
    }
  }

  /** Runs a program on rows of the data and keeps the updated state. @returns Its only output. */
  run(program: Program, rows: Int32Array, learningRate = 0, momentum: number | null = null, draw = 0): Float64Array {
    const feeds = new Map([...this.state, ['x', rowsOf(this.x, rows)], ['y', rowsOf(this.y, rows)]]);
    feeds.set('learningRate', tensorOf('float32', [], [learningRate]));
    feeds.set('draw', tensorOf('int32', [], [draw]));
    if (momentum !== null) feeds.set('momentum', tensorOf('float32', [], [momentum]));
    const { outputs, state } = interpret(program, feeds);
    for (const [name, tensor] of state) this.state.set(name, tensor);
    return outputs.get(program.outputs[0]!.name)!.data;
  }
}
