import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rename, rm, rmdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { AppError } from '../../../src-shared/errors/app-error.ts';
import { makeFolder } from '../../system/make-folder.ts';
import { sweepLeftovers, temporaryName } from '../../system/temporary-name.ts';
import { errorCode } from '../../system/error-code.ts';
import { pathReason } from '../../system/path-reason.ts';
import { checkTensor } from '../../engines/interface/check-tensor.ts';
import { bytesOf, GraphBuilder } from '../../engines/tensorflow/graph/graph-builder.ts';
import { dataTypeOf } from '../../engines/tensorflow/graph/graph-def.ts';
import { addProgramSignature } from '../../engines/tensorflow/program-signature.ts';
import { writeSavedModel } from '../../engines/tensorflow/graph/write-saved-model.ts';
import type { GraphModel } from '../../engines/tensorflow/graph/graph-def.ts';
import type { StateSource } from '../../engines/tensorflow/program-body.ts';
import type { HostTensor } from '../../engines/interface/engine.ts';
import type { FeatureSpec } from '../../../src-shared/data/prepared.ts';
import type { Program } from '../../../src-shared/program/language/types.ts';
import type { RunWeights } from '../../../src-shared/training/run/run-weights.ts';

export interface SavedModelExport {
  /** Created by the export. An existing folder is replaced only if it is empty or a SavedModel. */
  readonly folder: string;
  /** Program for prediction. The signature has its inputs and outputs, under names that are valid in Python. */
  readonly program: Program;
  /** Values of the state that the program reads, by name. */
  readonly weights: ReadonlyMap<string, HostTensor>;
  /** Columns of each input in the data set, by the input's name in the program; absent: all features. */
  readonly columns?: ReadonlyMap<string, readonly string[]>;
  /** Target columns of each output in the data set, by the output's name in the program. */
  readonly targets?: ReadonlyMap<string, readonly string[]>;
  /** The prepared input that an output reproduces, by the output's name in the program. */
  readonly reproduced?: ReadonlyMap<string, string>;
  /** Written next to the model: describes how to scale features and to interpret predictions. */
  readonly features?: FeatureSpec;
  /** The run and which of its weights these are; written next to the model. */
  readonly trained?: RunWeights & { readonly run: string };
  /** Ends the export before its folder is made or replaced. */
  readonly signal?: AbortSignal;
}

/** Description of the scalar input of a model with Monte Carlo layers. */
const DRAW_MEANING =
  'int32: index of the noise sample of the Monte Carlo layers. Use the mean of the predictions over several draws; their standard deviation estimates the uncertainty.';

const PARTIAL_PREFIX = '.lamina-export-';

/** Version 2 has several inputs and outputs. */
const SIDECAR_VERSION = 2;

/**
 * Writes a trained model as a TensorFlow SavedModel with the signature `serving_default`.
 *
 * The graph is the same as in training and evaluation. Its weights are constants, so the
 * model needs no checkpoint and is limited to 2 GB. Its inputs are prepared features (scaled and
 * one-hot), as described in `assets.extra/lamina.json`. The folder is written atomically.
 *
 * @throws AppError `export/folder-in-use`, `export/folder-unusable`, `export/too-large`,
 *   `export/missing-weight` or `engine/tensor-mismatch`.
 */
export async function exportSavedModel(request: SavedModelExport): Promise<void> {
  await refuseOtherFolder(request.folder);
  const graph = savedModelGraph(request);
  const parent = dirname(request.folder);
  await sweepLeftovers(parent, PARTIAL_PREFIX);
  const partial = join(parent, temporaryName(PARTIAL_PREFIX));
  let made: string[] = [];
  try {
    // File modes follow the umask, because exports are meant to be shared.
    made = await makeFolder(parent);
    await mkdir(partial);
    await writeSavedModel(partial, graph);
    await mkdir(join(partial, 'assets.extra'));
    await writeFile(join(partial, 'assets.extra', 'lamina.json'), sidecar(request));
    request.signal?.throwIfAborted();
    await replaceFolder(partial, request.folder);
  } catch (error) {
    await rm(partial, { recursive: true, force: true }).catch(() => {});
    // `rmdir` removes only empty folders.
    for (const folder of made.reverse()) await rmdir(folder).catch(() => {});
    request.signal?.throwIfAborted();
    throw error instanceof AppError ? error : unusable(error, request.folder);
  }
}

function unusable(error: unknown, folder: string): AppError {
  const { code } = error as NodeJS.ErrnoException;
  return new AppError(
    'export/folder-unusable',
    `Cannot write the export to '${folder}': ${pathReason(error)}. Choose another folder.`,
    { folder, cause: code },
  );
}

function savedModelGraph(request: SavedModelExport): GraphModel {
  const graph = new GraphBuilder('graph');
  const state = constantState(graph, request.weights);
  const names = Object.fromEntries(signatureNames(request.program));
  const signature = addProgramSignature(graph, request.program, state, names);
  return { nodes: graph.nodes, functions: graph.functions, signatures: { serving_default: signature } };
}

/** Names of the program's inputs and outputs in the signature: valid keyword arguments in Python. */
export function signatureNames(program: Program): Map<string, string> {
  const names = new Map<string, string>();
  const taken = new Set<string>();
  for (const { name } of [...program.inputs, ...program.outputs]) {
    const plain = name.replaceAll(/[^A-Za-z0-9_]/g, '_').replace(/^[^A-Za-z]+/, '') || 'tensor';
    let free = plain;
    for (let number = 1; taken.has(free); number++) free = `${plain}_${number}`;
    taken.add(free);
    names.set(name, free);
  }
  return names;
}

/** The state as constants of the graph. */
function constantState(graph: GraphBuilder, weights: ReadonlyMap<string, HostTensor>): StateSource {
  return {
    read: (state, type) => {
      const weight = weights.get(state.name);
      if (weight === undefined) {
        throw new AppError(
          'export/missing-weight',
          `Expected the weight '${state.name}' in the checkpoint; it has no such weight. ` +
            'Export with the weights of a run of this model.',
          { name: state.name },
        );
      }
      checkTensor(state.name, weight, type);
      const value = { dtype: dataTypeOf[weight.dtype], shape: weight.shape, content: bytesOf(weight.data) };
      return graph.constant(value, state.name);
    },
    handle: (state) => {
      throw new Error(`A model for prediction writes no state; this one writes '${state.name}'.`);
    },
  };
}

function sidecar(request: SavedModelExport): string {
  const { program, columns, targets, reproduced, features, trained } = request;
  const names = signatureNames(program);
  const content = {
    format: 'lamina.features',
    version: SIDECAR_VERSION,
    signature: 'serving_default',
    ...(trained === undefined ? {} : { trained }),
    inputs: program.inputs.map(({ name, value }) =>
      program.values[value]!.shape.length === 0
        ? { name: names.get(name), meaning: DRAW_MEANING }
        : { name: names.get(name), columns: columns?.get(name) ?? null },
    ),
    outputs: program.outputs.map(({ name }) => {
      const input = reproduced?.get(name);
      const reproduces = input === undefined ? {} : { reproduces: names.get(input) };
      return { name: names.get(name), targets: targets?.get(name) ?? null, ...reproduces };
    }),
    features: features ?? null,
  };
  return `${JSON.stringify(content, null, 2)}\n`;
}

/** @throws AppError if the folder has other files than those of a SavedModel. */
async function refuseOtherFolder(folder: string): Promise<void> {
  const entries = await entriesOf(folder);
  if (entries === null || entries.length === 0 || entries.includes('saved_model.pb')) return;
  throw new AppError(
    'export/folder-in-use',
    `Expected a new folder, an empty one or an earlier SavedModel at '${folder}'; it holds other files. Choose another folder.`,
    { folder },
  );
}

async function entriesOf(folder: string): Promise<string[] | null> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return null;
    throw unusable(error, folder);
  }
}

async function replaceFolder(from: string, to: string): Promise<void> {
  const previous = `${to}.previous-${randomBytes(6).toString('hex')}`;
  const replaces = (await entriesOf(to)) !== null;
  if (replaces) await rename(to, previous);
  try {
    await rename(from, to);
  } catch (error) {
    if (replaces) await rename(previous, to);
    throw error;
  }
  if (replaces) await rm(previous, { recursive: true, force: true });
}
