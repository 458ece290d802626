import { title } from '../../../src-shared/compiler/graph/graph.ts';
import { standaloneModel } from '../../../src-shared/compiler/standalone-model.ts';
import type { StandaloneModel } from '../../../src-shared/compiler/standalone-model.ts';
import type { FeatureSpec } from '../../../src-shared/data/prepared.ts';
import { lookUpsOf } from '../../../src-shared/diagnostics/checks/embedding-range.ts';
import type { ModelDocument } from '../../../src-shared/document/schema/model-document.ts';
import { AppError } from '../../../src-shared/errors/app-error.ts';
import { elementCount, sameShape } from '../../../src-shared/program/language/shape.ts';
import { selectRecorded } from '../../engine-setup/select.ts';
import type { HostTensor } from '../../engines/interface/engine.ts';
import { evaluationBatchSize } from '../../engines/interface/model-calls.ts';
import type { NpyArray } from '../../file-formats/npy.ts';
import { readNpz, writeNpz } from '../../interchange/npz/npz.ts';
import { readArtifact } from '../../runs/artifacts.ts';
import type { TrainerCalls } from '../../training-protocol/protocol.ts';
import { chooseThreads } from '../preparation/execution.ts';

type Call = TrainerCalls['predictTensors'];

/** Name that `numpy.savez` gives to an array without a name. */
const UNNAMED = 'arr_0';

/**
 * Predicts for prepared inputs of a `.npz` file, and writes what the Outputs compute to another one.
 *
 * @param step Called after each batch with the fraction done; what it throws ends the prediction.
 * @throws AppError 'model/invalid', 'npz/…', 'predict/…', 'weights/…', 'engine/…', 'files/…'.
 */
export async function predictTensors(
  { model: document, featureSpec, seed, weights, engine: recorded, input, output }: Call['params'],
  step: (fraction: number) => Promise<void>,
): Promise<Call['result']> {
  const compiled = standaloneModel(document, featureSpec, seed);
  if (!compiled.ok) {
    const { problems } = compiled;
    throw new AppError('model/invalid', problems[0]!.message, { problems: problems.slice(0, 20) });
  }
  const { model } = compiled;
  const { rows, inputs } = inputsOf(model, await readNpz(input), input);
  requireIndices(document, featureSpec, inputs);
  const state = stateOf(model, (await readArtifact(weights.folder, weights.sha256)).tensors);
  const batchSize = evaluationBatchSize(model.program);
  const threads = chooseThreads(model.program, Math.min(rows, batchSize));
  const { engine, use } = await selectRecorded(recorded, threads);
  const session = await engine.createSession(
    { programs: { predict: model.program }, weights: model.weights, slots: [] },
    { intraOpThreads: engine.name === 'onnx' ? threads : 0, stepsPerCall: [1] },
  );
  try {
    await session.writeState(state);
    const found = new Map<string, NpyArray>();
    for (let start = 0; start < rows; start += batchSize) {
      const end = Math.min(rows, start + batchSize);
      const examples = Object.fromEntries(inputs.map(({ name, array }) => [name, rowsOf(array, start, end)]));
      const outputs = await session.run('predict', { examples, values: { draw: Int32Array.of(0) } });
      for (const { output: name, layer } of model.outputs) collect(found, layer, outputs.get(name)!, start, rows);
      await step(end / rows);
    }
    await writeNpz(output, found);
    return { rows, engine: use, outputs: [...found].map(([name, { shape }]) => ({ name, shape: [...shape] })) };
  } finally {
    await session.dispose();
  }
}

interface GivenInput {
  /** Of the program. */
  readonly name: string;
  /** Name of the Input. */
  readonly layer: string;
  readonly array: NpyArray;
}

/** @throws AppError 'predict/bad-tensor'. */
function inputsOf(
  model: StandaloneModel,
  arrays: ReadonlyMap<string, NpyArray>,
  path: string,
): { rows: number; inputs: readonly GivenInput[] } {
  const only = arrays.size === 1 && model.inputs.length === 1 ? arrays.get(UNNAMED) : undefined;
  const inputs = model.inputs.map(({ input, layer, shape }) => {
    const array = arrays.get(layer) ?? only;
    if (array === undefined) {
      const received = arrays.size === 0 ? 'none' : [...arrays.keys()].join(', ');
      throw badTensor(
        `Expected an array '${layer}' in '${path}', the name of an Input; received ${received}. Give each array the name of its Input.`,
      );
    }
    if (!sameShape(array.shape.slice(1), shape)) {
      const expected = ['rows', ...shape].join(', ');
      throw badTensor(
        `The Input '${layer}' expected an array [${expected}]; received [${array.shape.join(', ')}]. Reshape the array.`,
      );
    }
    return { name: input, layer, array };
  });
  const rows = inputs[0]!.array.shape[0] ?? 0;
  const other = inputs.find(({ array }) => array.shape[0] !== rows);
  if (other !== undefined) {
    throw badTensor(
      `Expected arrays with the same number of rows; received ${rows} and ${other.array.shape[0]}. Give each Input the same rows.`,
    );
  }
  if (rows === 0) throw badTensor(`Expected at least one row in '${path}'; received none.`);
  return { rows, inputs };
}

/** @throws AppError 'predict/bad-tensor' if a value has no row in the Embedding that looks it up: engines differ there. */
function requireIndices(document: ModelDocument, featureSpec: FeatureSpec | null, inputs: readonly GivenInput[]): void {
  for (const { node, size, part } of lookUpsOf(document, featureSpec)) {
    const given = inputs.find(({ layer }) => layer === part.node.name);
    const wrong = given?.array.data.find((value) => !(Math.trunc(value) >= 0 && Math.trunc(value) < size));
    if (wrong === undefined) continue;
    throw badTensor(
      `${title(node)} expected whole numbers from 0 to ${size - 1}; received ${wrong} in the array of '${part.node.name}'. Correct the array.`,
    );
  }
}

function badTensor(message: string): AppError {
  return new AppError('predict/bad-tensor', message);
}

/** @throws AppError 'weights/mismatch' naming the first weight that is missing or has another shape. */
function stateOf(model: StandaloneModel, tensors: ReadonlyMap<string, HostTensor>): Map<string, HostTensor> {
  return new Map(
    model.weights.map(({ name, shape }) => {
      const tensor = tensors.get(name);
      if (tensor !== undefined && sameShape(tensor.shape, shape)) return [name, tensor] as const;
      const received = tensor === undefined ? 'none' : `[${tensor.shape.join(', ')}]`;
      throw new AppError(
        'weights/mismatch',
        `Expected a weight '${name}' of shape [${shape.join(', ')}]; received ${received}. The layers were changed since the weights were stored: undo the change, or train the model.`,
        { name },
      );
    }),
  );
}

function rowsOf({ shape: [, ...rest], data }: NpyArray, start: number, end: number): HostTensor {
  const size = elementCount(rest);
  return { dtype: 'float32', shape: [end - start, ...rest], data: data.slice(start * size, end * size) };
}

/** Puts a batch of predictions into the array of all rows. */
function collect(
  found: Map<string, NpyArray>,
  layer: string,
  { shape, data }: HostTensor,
  start: number,
  rows: number,
): void {
  const [, ...rest] = shape;
  const size = elementCount(rest);
  let all = found.get(layer);
  if (all === undefined) {
    all = { shape: [rows, ...rest], data: new Float32Array(rows * size) };
    found.set(layer, all);
  }
  all.data.set(data, start * size);
}
