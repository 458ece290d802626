import { randomUUID } from 'node:crypto';
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { AppError } from '../../../src-shared/contract/app-error.ts';
import { checkTensor } from '../../engines/check-tensor.ts';
import { bytesOf, GraphBuilder } from '../../engines/tensorflow/graph-builder.ts';
import { dataTypeOf } from '../../engines/tensorflow/graph-def.ts';
import { addProgramSignature } from '../../engines/tensorflow/program-signature.ts';
import { writeSavedModel } from '../../engines/tensorflow/write-saved-model.ts';
import type { GraphModel } from '../../engines/tensorflow/graph-def.ts';
import type { StateSource } from '../../engines/tensorflow/program-body.ts';
import type { HostTensor } from '../../engines/engine.ts';
import type { FeatureSpec } from '../../../src-shared/dataset/prepared.ts';
import type { Program } from '../../../src-shared/program/types.ts';

export interface SavedModelExport {
  /** Made by the export. What is there already is replaced only where it is a SavedModel. */
  readonly folder: string;
  /** `CompiledModel.predict`: input `x`, output `prediction`. */
  readonly program: Program;
  /** By state name; what the program reads. */
  readonly weights: ReadonlyMap<string, HostTensor>;
  /** Names in the signature `serving_default`, usually those of the Input and Output nodes. */
  readonly inputName?: string;
  readonly outputName?: string;
  /** Written beside the model, so that its user knows how to scale features and read predictions. */
  readonly features?: FeatureSpec;
}

const SIDECAR_VERSION = 1;

/**
 * Writes a trained model as a TensorFlow SavedModel with the signature `serving_default`.
 *
 * The graph is the one that was trained and evaluated. Weights are constants in it, so the
 * model needs no checkpoint and is limited to 2 GB; features arrive prepared (scaled and
 * one-hot), as `assets.extra/lamina.json` describes. The folder appears complete or not at all.
 *
 * @throws AppError `export/folder-in-use`, `export/folder-unusable`, `export/too-large`,
 *   `export/missing-weight` or `engine/tensor-mismatch`.
 */
export async function exportSavedModel(request: SavedModelExport): Promise<void> {
  await refuseOtherFolder(request.folder);
  const graph = savedModelGraph(request);
  const partial = `${request.folder}.partial-${randomUUID()}`;
  try {
    await mkdir(dirname(request.folder), { recursive: true });
    await writeSavedModel(partial, graph);
    await mkdir(join(partial, 'assets.extra'));
    await writeFile(join(partial, 'assets.extra', 'lamina.json'), sidecar(request));
    await replaceFolder(partial, request.folder);
  } catch (error) {
    await rm(partial, { recursive: true, force: true });
    throw error;
  }
}

function savedModelGraph(request: SavedModelExport): GraphModel {
  const graph = new GraphBuilder('graph');
  const names = signatureNames(request);
  const signature = addProgramSignature(graph, request.program, constantState(graph, request.weights), {
    x: names.input,
    prediction: names.output,
  });
  return { nodes: graph.nodes, functions: [], signatures: { serving_default: signature } };
}

/** Names that Python takes as keyword arguments. */
function signatureNames(request: SavedModelExport): { input: string; output: string } {
  const identifier = (name: string | undefined, fallback: string): string => {
    const plain = (name ?? '').replaceAll(/[^A-Za-z0-9_]/g, '_').replace(/^[^A-Za-z]+/, '');
    return plain === '' ? fallback : plain;
  };
  return { input: identifier(request.inputName, 'x'), output: identifier(request.outputName, 'prediction') };
}

/** State fixed in the graph. */
function constantState(graph: GraphBuilder, weights: ReadonlyMap<string, HostTensor>): StateSource {
  return {
    read: (state, type) => {
      const weight = weights.get(state.name);
      if (weight === undefined) {
        throw new AppError(
          'export/missing-weight',
          `The model reads '${state.name}', and the checkpoint has no such weight. ` +
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
  const names = signatureNames(request);
  const content = {
    format: 'lamina.features',
    version: SIDECAR_VERSION,
    signature: 'serving_default',
    input: names.input,
    output: names.output,
    features: request.features ?? null,
  };
  return `${JSON.stringify(content, null, 2)}\n`;
}

/** A folder that holds anything but a SavedModel stays untouched. */
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
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT') return null;
    throw new AppError(
      'export/folder-unusable',
      `'${folder}' cannot be written to: ${String(code)}. Choose another folder.`,
      {
        folder,
      },
    );
  }
}

async function replaceFolder(from: string, to: string): Promise<void> {
  const previous = `${to}.previous-${randomUUID()}`;
  const replaces = (await entriesOf(to)) !== null;
  if (replaces) await rename(to, previous);
  await rename(from, to);
  if (replaces) await rm(previous, { recursive: true, force: true });
}
