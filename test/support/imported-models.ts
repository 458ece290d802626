import { readFile } from 'node:fs/promises';
import { gunzipSync } from 'node:zlib';
import { importModel } from '../../src-main/interchange/import-model.ts';
import { readArtifact } from '../../src-main/runs/artifacts.ts';
import { relativeDifference } from '../../src-main/engines/interface/relative-difference.ts';
import type { ModelDocument } from '../../src-shared/document/schema/model-document.ts';
import { standaloneModel } from '../../src-shared/compiler/standalone-model.ts';
import { interpret } from '../../src-shared/program/interpret/interpret.ts';
import { tensorOf } from '../../src-shared/program/interpret/tensor.ts';

interface Encoded {
  readonly shape: number[];
  readonly data: string;
}

/** Inputs of a fixture, and what the program that wrote the model computes of them. */
export interface Expected {
  readonly inputs: Readonly<Record<string, Encoded>>;
  readonly outputs: readonly Encoded[];
  readonly parameters: number;
}

const context = { signal: new AbortController().signal, onProgress: () => {} };

/** @param path Without `.gz`. */
export async function unpackedFixture(path: string): Promise<Buffer> {
  return gunzipSync(await readFile(`${path}.gz`));
}

function floats({ data }: Encoded): Float32Array {
  const bytes = Buffer.from(data, 'base64');
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
}

/** Imports a file into a new folder. */
export async function imported(
  path: string,
  artifacts: string,
  onto: ModelDocument | null = null,
  optimizerState = false,
) {
  const { document, report } = await importModel({ path, artifacts, onto, optimizerState }, context);
  const weights = document.weights === undefined ? null : await readArtifact(artifacts, document.weights.artifact);
  return { document, report, weights: weights?.tensors ?? new Map() };
}

/** Outputs of an imported model, and what the program that wrote it computed. */
function outputsOf(opened: Awaited<ReturnType<typeof imported>>, expected: Expected): [number[], Float32Array][] {
  const compiled = standaloneModel(opened.document, null);
  if (!compiled.ok) throw new Error(compiled.problems[0]!.message);
  const { program, inputs, outputs } = compiled.model;
  const feeds = [
    ...inputs.map(({ input, layer }) => {
      const given = expected.inputs[layer] ?? Object.values(expected.inputs)[0]!;
      return [input, tensorOf('float32', given.shape, floats(given))] as const;
    }),
    ...[...opened.weights].map(([name, { dtype, shape, data }]) => [name, tensorOf(dtype, shape, data)] as const),
  ];
  const found = interpret(program, new Map(feeds)).outputs;
  if (outputs.length !== expected.outputs.length) throw new Error(`${outputs.length} outputs`);
  return outputs.map(({ output }, index) => [[...found.get(output)!.data], floats(expected.outputs[index]!)]);
}

/** Largest relative difference of the outputs of an imported model from those of the program that wrote it. */
export async function difference(opened: Awaited<ReturnType<typeof imported>>, expected: Expected): Promise<number> {
  return Math.max(...outputsOf(opened, expected).map(([found, given]) => relativeDifference(found, given, 0)));
}

/** Largest absolute difference of these outputs. */
export function largestError(opened: Awaited<ReturnType<typeof imported>>, expected: Expected): number {
  return Math.max(
    ...outputsOf(opened, expected).flatMap(([found, given]) => found.map((value, i) => Math.abs(value - given[i]!))),
  );
}
