import { readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { ImportLoss } from '../../../src-shared/interchange/import-report.ts';
import { AppError } from '../../../src-shared/errors/app-error.ts';
import { elementCount } from '../../../src-shared/program/language/shape.ts';
import { convertGraph } from '../graphdef/convert-graph.ts';
import type { GraphConstant } from '../graphdef/convert-graph.ts';
import { FlatGraph, nodeOf } from '../graphdef/flat-graph.ts';
import { GraphFault } from '../graphdef/graph-def.ts';
import type { ProtoNode } from '../graphdef/proto-graph.ts';
import { readTensorProto } from '../graphdef/proto-tensor.ts';
import type { ImportedModel } from '../importer/model-importer.ts';
import { fixedBatch, operationsModel } from '../operations/operations-model.ts';
import { openCheckpoint } from '../tf-checkpoint/checkpoint.ts';
import type { TfCheckpoint } from '../tf-checkpoint/checkpoint.ts';
import { isOfOptimizer } from '../tf-checkpoint/checkpoint-weights.ts';
import { checkpointKeys, readSavedGraph, VARIABLES } from './saved-graph.ts';
import type { SavedGraph, SavedSignature, SignatureTensor } from './saved-graph.ts';

/** Constants are in the file; protobuf's own limit is 2 GiB. */
const MAX_GRAPH_BYTES = 2 ** 30;
const DT_FLOAT = 1;
const FIRST_SIGNATURE = 'serving_default';

/**
 * The graph of a SavedModel, as operations: what a signature computes for serving. Variables are weights.
 *
 * @throws AppError 'model-file/…'.
 */
export async function importGraphSavedModel(folder: string): Promise<ImportedModel> {
  const path = join(folder, 'saved_model.pb');
  const { size } = await stat(path);
  if (size > MAX_GRAPH_BYTES) throw damaged(folder, `'saved_model.pb' of ${size} bytes`);
  try {
    return await modelOf(folder, readSavedGraph(await readFile(path)));
  } catch (error) {
    if (error instanceof GraphFault || error instanceof RangeError) throw damaged(folder, error.message);
    throw error;
  }
}

async function modelOf(folder: string, saved: SavedGraph): Promise<ImportedModel> {
  const where = `'${folder}'`;
  const { name, signature, losses } = signatureOf(folder, saved);
  const outputs = floatOutputs(folder, signature);
  const flat = new FlatGraph(
    saved.nodes,
    saved.functions,
    [...outputs.values()].map(({ value }) => nodeOf(value)),
  );
  const variables = [...flat.nodes.values()].filter(({ op }) => VARIABLES.has(op));
  const checkpoint = variables.length === 0 ? null : await openCheckpoint(join(folder, 'variables', 'variables.index'));
  const constants: Map<string, GraphConstant> =
    checkpoint === null ? new Map() : variablesOf(folder, saved, variables, checkpoint);
  for (const { name: node, op, tensor } of flat.nodes.values()) {
    const constant = op !== 'Const' || tensor === null ? null : readTensorProto(node, tensor);
    if (constant !== null) constants.set(node, constant);
  }
  const floats = [...constants.values()].filter(({ dtype }) => dtype === 'float32');
  const values = floats.reduce((sum, { tensor }) => sum + elementCount(tensor.shape), 0);
  const tensors = (of: SavedSignature['inputs'], valueIn: (value: string) => string): object =>
    Object.fromEntries([...of].map(([key, { value }]) => [key, { name: valueIn(value) }]));
  const converted = await convertGraph(
    where,
    [...flat.nodes.values()].map((node) => graphNode(node, flat)),
    {
      inputs: tensors(signature.inputs, (value) => value),
      outputs: tensors(outputs, (value) => flat.valueOf(value)),
    },
    constants,
  );
  const model = operationsModel(basename(folder), converted.program, converted.weights);
  const taken = [...converted.weights.values()].reduce((sum, { tensor }) => sum + elementCount(tensor.shape), 0);
  return {
    format: 'savedmodel',
    document: model.document,
    weights: model.weights,
    writtenBy: saved.writtenBy,
    layers: model.layers,
    operations: model.operations,
    takenParameters: taken + converted.inlineValues,
    // Variables that the signature does not read are of others, or of training.
    fileParameters: values,
    hasOptimizerState: checkpoint !== null && [...checkpoint.tensors.keys()].some(isOfOptimizer),
    matches: null,
    losses: [
      ...losses,
      ...ignoredOutputs(name, signature, outputs),
      ...model.losses,
      ...(converted.hasFixedBatch ? [fixedBatch()] : []),
    ],
    close: async () => {},
  };
}

/** A node in the form that the conversion takes. A variable is a constant. */
function graphNode(node: ProtoNode, flat: FlatGraph): object {
  const op = VARIABLES.has(node.op) ? 'Const' : node.op;
  return { name: node.name, op, input: flat.inputsOf(node), attr: node.attr };
}

function variablesOf(
  folder: string,
  saved: SavedGraph,
  variables: readonly ProtoNode[],
  { tensors }: TfCheckpoint,
): Map<string, GraphConstant> {
  const keys = checkpointKeys(saved);
  return new Map(
    variables.map(({ name, attr }) => {
      const key = keys.get(name) ?? sharedNameOf(attr) ?? name;
      const tensor = tensors.get(key);
      if (tensor === undefined) throw damaged(folder, `no values of the variable '${name}' in its checkpoint`);
      if (tensor.dtype === 'integer') {
        throw new AppError(
          'model-file/unsupported',
          `Expected float32 numbers as the variable '${name}' in '${folder}'; received ${tensor.storedAs}. Save the model without it.`,
          { variable: name },
        );
      }
      return [name, { dtype: 'float32', tensor: { ...tensor, path: name } }];
    }),
  );
}

function sharedNameOf({ shared_name: value }: ProtoNode['attr']): string | null {
  const { s = '' } = (value ?? {}) as { s?: string };
  return s === '' ? null : Buffer.from(s, 'base64').toString();
}

/** The signature to open: the default one for serving, else the first. */
function signatureOf(
  folder: string,
  { signatures }: SavedGraph,
): { name: string; signature: SavedSignature; losses: readonly ImportLoss[] } {
  const all = [...signatures].filter(([, { outputs }]) => outputs.size > 0).toSorted(([a], [b]) => (a < b ? -1 : 1));
  const usable = all.filter(([name]) => !name.startsWith('__saved_model'));
  const [name, signature] = usable.find(([each]) => each === FIRST_SIGNATURE) ?? usable[0] ?? [];
  if (name === undefined || signature === undefined) {
    throw new AppError(
      'model-file/unsupported',
      `Expected a signature in '${folder}', which says what its inputs and outputs are; it has none. Save the model with 'tf.saved_model.save(model, folder, signatures=function)'.`,
      { folder },
    );
  }
  if (usable.length === 1) return { name, signature, losses: [] };
  const others = usable.flatMap(([each]) => (each === name ? [] : [`'${each}'`])).join(', ');
  const message = `The file has several signatures. The model is what '${name}' computes; ${others} ${usable.length === 2 ? 'is' : 'are'} ignored.`;
  return { name, signature, losses: [{ code: 'savedmodel/signatures', severity: 'changed', layer: null, message }] };
}

function floatOutputs(folder: string, { outputs }: SavedSignature): ReadonlyMap<string, SignatureTensor> {
  const floats = new Map([...outputs].filter(([, { type }]) => type === DT_FLOAT).toSorted());
  if (floats.size > 0) return floats;
  throw new AppError(
    'model-file/unsupported',
    `Expected an output of float32 numbers in '${folder}'; received ${[...outputs.keys()].map((name) => `'${name}'`).join(', ')} of other types. Save the model with such an output.`,
    { folder },
  );
}

function ignoredOutputs(
  name: string,
  { outputs }: SavedSignature,
  taken: ReadonlyMap<string, SignatureTensor>,
): ImportLoss[] {
  const ignored = [...outputs.keys()].filter((output) => !taken.has(output));
  if (ignored.length === 0) return [];
  const list = ignored.map((output) => `'${output}'`).join(', ');
  const message = `${list} of '${name}' ${ignored.length === 1 ? 'is' : 'are'} ignored: an output here has float32 numbers.`;
  return [{ code: 'savedmodel/outputs', severity: 'changed', layer: null, message }];
}

function damaged(folder: string, received: string): AppError {
  return new AppError(
    'model-file/damaged',
    `Expected a complete SavedModel in '${folder}'; received ${received}. Save it again, or copy the whole folder again.`,
    { folder },
  );
}
