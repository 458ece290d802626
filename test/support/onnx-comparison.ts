import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { importModel } from '../../src-main/interchange/import-model.ts';
import { loadOnnxBackend } from '../../src-main/engines/onnx/runtime.ts';
import { relativeDifference } from '../../src-main/engines/interface/relative-difference.ts';
import { readArtifact } from '../../src-main/runs/artifacts.ts';
import { standaloneModel } from '../../src-shared/compiler/standalone-model.ts';
import type { ImportedModelResult } from '../../src-shared/contract/import-results.ts';
import { interpret } from '../../src-shared/program/interpret/interpret.ts';
import { tensorOf } from '../../src-shared/program/interpret/tensor.ts';
import { Dice } from './dice.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** Files that `make_onnx_files.py` and `make_onnx_keras_files.py` wrote. */
const FIXTURES = join(import.meta.dirname, '../fixtures/onnx-files');
export const onnxFixtures = readdirSync(FIXTURES).map((name) => name.replace(/\.gz$/, ''));

/** Unpacks one of `onnxFixtures`. @returns Its path. */
export function unpackedFixture(name: string): string {
  const path = join(temporaryFolder(), name);
  writeFileSync(path, gunzipSync(readFileSync(join(FIXTURES, `${name}.gz`))));
  return path;
}

/** Prepared inputs, by the name of their Input. */
export type OnnxInputs = ReadonlyMap<string, { readonly shape: number[]; readonly data: Float32Array }>;

/** Predictions of the Outputs, in their order. */
export type OnnxPredict = (
  opened: ImportedModelResult,
  artifacts: string,
  inputs: OnnxInputs,
) => Promise<ArrayLike<number>[]>;

export interface OnnxComparison extends ImportedModelResult {
  /** Largest relative difference of an output from that of ONNX Runtime. */
  readonly difference: number;
}

/**
 * Opens an ONNX file, and compares its predictions with those of ONNX Runtime on random inputs.
 *
 * @param rows Examples; the file's own number if that is fixed.
 * @param predict The interpreter, which is slow for large models, if absent.
 * @param optimizes Whether ONNX Runtime may join operations: it computes some products with stored weights in 8 bits.
 */
export async function compareWithOnnxRuntime(
  path: string,
  {
    rows = 3,
    predict = interpreted,
    optimizes = true,
  }: { rows?: number; predict?: OnnxPredict; optimizes?: boolean } = {},
): Promise<OnnxComparison> {
  const artifacts = join(temporaryFolder(), 'artifacts');
  const context = { signal: new AbortController().signal, onProgress: () => {} };
  const opened = await importModel({ path, artifacts, onto: null }, context);
  const { runtime } = await loadOnnxBackend('cpu');
  const session = await runtime.InferenceSession.create(path, {
    graphOptimizationLevel: optimizes ? 'all' : 'disabled',
  });
  try {
    const dice = new Dice(1, path.split('/').at(-1)!);
    const inputs = new Map<string, { shape: number[]; data: Float32Array }>();
    const feeds: Record<string, InstanceType<typeof runtime.Tensor>> = {};
    for (const info of session.inputMetadata) {
      if (!info.isTensor) throw new Error(`'${info.name}' is not a tensor.`);
      const [batch, ...sizes] = info.shape;
      const shape = [typeof batch === 'number' ? batch : rows, ...sizes.map(Number)];
      const count = shape.reduce((a, b) => a * b, 1);
      const isInteger = info.type === 'int64';
      const data = Float32Array.from({ length: count }, () => (isInteger ? dice.below(10) : dice.unit() * 2 - 1));
      feeds[info.name] = isInteger
        ? new runtime.Tensor('int64', BigInt64Array.from(data, BigInt), shape)
        : new runtime.Tensor('float32', data, shape);
      const isMoved = hasChannelsLast(opened, info.name);
      inputs.set(info.name.replaceAll('/', '_'), isMoved ? channelsLast(data, shape) : { data, shape });
    }
    const expected = await session.run(feeds);
    const found = await predict(opened, artifacts, inputs);
    const differences = session.outputNames.map((name, index) => {
      const { data, dims } = expected[name]!;
      const values = Float32Array.from(data as Float32Array);
      const wanted = hasChannelsLast(opened, name) ? channelsLast(values, dims).data : values;
      return relativeDifference(found[index]!, wanted, 0);
    });
    return { ...opened, difference: Math.max(...differences) };
  } finally {
    await session.release();
  }
}

async function interpreted(
  { document }: ImportedModelResult,
  artifacts: string,
  given: OnnxInputs,
): Promise<Float64Array[]> {
  const compiled = standaloneModel(document, null);
  if (!compiled.ok) throw new Error(compiled.problems[0]!.message);
  const { program, inputs, outputs } = compiled.model;
  const { tensors } = await readArtifact(artifacts, document.weights!.artifact);
  const feeds = [
    ...inputs.map(({ input, layer }) => {
      const { shape, data } = given.get(layer)!;
      return [input, tensorOf('float32', shape, data)] as const;
    }),
    ...[...tensors].map(([name, { dtype, shape, data }]) => [name, tensorOf(dtype, shape, data)] as const),
  ];
  const found = interpret(program, new Map(feeds)).outputs;
  return outputs.map(({ output }) => found.get(output)!.data);
}

/** Whether the report says that this input or output has its channels last here. */
function hasChannelsLast({ report }: ImportedModelResult, name: string): boolean {
  return report.losses.some(({ code, layer }) => code === 'onnx/layout' && layer === name);
}

/** [n, c, …] as [n, …, c]. */
function channelsLast(values: Float32Array, shape: readonly number[]): { data: Float32Array; shape: number[] } {
  const [batch, channels, ...rest] = shape;
  const points = rest.reduce((a, b) => a * b, 1);
  const data = Float32Array.from(values, (_, at) => {
    const channel = at % channels!;
    const point = Math.floor(at / channels!) % points;
    const row = Math.floor(at / (channels! * points));
    return values[(row * channels! + channel) * points + point]!;
  });
  return { data, shape: [batch!, ...rest, channels!] };
}
