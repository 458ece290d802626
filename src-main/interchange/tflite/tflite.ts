import { readFile, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { AppError } from '../../../src-shared/errors/app-error.ts';
import { elementCount } from '../../../src-shared/program/language/shape.ts';
import { convertGraph } from '../graphdef/convert-graph.ts';
import type { ConvertedGraph } from '../graphdef/convert-graph.ts';
import type { ImportedModel, ImportOptions, ModelImporter } from '../importer/model-importer.ts';
import { NodeRefusal } from '../operations/graph-program.ts';
import { fixedBatch, operationsModel } from '../operations/operations-model.ts';
import { classesInLines } from '../importer/class-lists.ts';
import { ZipFile } from '../../file-formats/zip-file.ts';
import { tfliteConverters } from './converters.ts';
import { FlatbufferError } from './flatbuffer.ts';
import { ignoredParts, quantizationLosses } from './losses.ts';
import { quantizedValue, translated } from './translate.ts';
import { readTfliteFile } from './tflite-file.ts';
import type { TfliteModel } from './tflite-file.ts';

/** Larger files have their weights behind the flatbuffer; a file is read at once. */
const MAX_BYTES = 4 * 2 ** 30;

/** At byte 4 of each file. */
const IDENTIFIER = 'TFL3';

/** TensorFlow Lite (LiteRT) models, as operations. */
export const tflite: ModelImporter = {
  formats: ['tflite'],
  accepts: (head, name) =>
    name.toLowerCase().endsWith('.tflite') || Buffer.from(head.subarray(4, 8)).toString('latin1') === IDENTIFIER,
  import: importTflite,
};

async function importTflite(path: string, { onProgress }: ImportOptions): Promise<ImportedModel> {
  onProgress(null, 'Reading the graph');
  const { size } = await stat(path);
  if (size > MAX_BYTES) throw damaged(path, `${size} bytes`);
  const bytes = await readFile(path);
  const identifier = bytes.subarray(4, 8).toString('latin1');
  if (identifier !== IDENTIFIER) throw damaged(path, `'${identifier}' where '${IDENTIFIER}' identifies the format`);
  try {
    return await modelOf(path, readTfliteFile(bytes));
  } catch (error) {
    if (error instanceof FlatbufferError) throw damaged(path, error.message);
    if (error instanceof NodeRefusal) throw unsupported(path, error.message);
    throw error;
  }
}

async function modelOf(path: string, file: TfliteModel): Promise<ImportedModel> {
  const outputs = realOutputs(path, file);
  const classes = await classesInArchive(path, file);
  const { nodes, signature, constants } = translated(file, outputs);
  const converted = await convertGraph(`'${path}'`, nodes, signature, constants, tfliteConverters);
  const isRounded = nodes.some(({ op }) => op === 'Quantized');
  const weights = isRounded ? untrained(converted) : converted.weights;
  const model = operationsModel(basename(path).replace(/\.tflite$/i, ''), converted.program, weights);
  const taken = [...weights.values()].reduce((sum, { tensor }) => sum + elementCount(tensor.shape), 0);
  const stored = file.tensors.filter(({ data, type, quantization }) => {
    return data !== null && (type.includes('FLOAT') || quantization !== null);
  });
  return {
    format: 'tflite',
    document: model.document,
    weights: model.weights,
    writtenBy: file.description === '' ? 'TensorFlow Lite' : `TensorFlow Lite (${file.description.slice(0, 100)})`,
    layers: model.layers,
    operations: model.operations,
    takenParameters: taken + converted.inlineValues,
    fileParameters: stored.reduce((sum, { shape }) => sum + elementCount(shape), 0),
    hasOptimizerState: false,
    matches: null,
    ...(classes === null ? {} : { classes }),
    losses: [
      ...ignoredParts(file, outputs),
      ...quantizationLosses(file, isRounded),
      ...model.losses,
      ...(converted.hasFixedBatch ? [fixedBatch()] : []),
    ],
    close: async () => {},
  };
}

/** Rounding has no gradient: training would change nothing before the last rounded value. */
function untrained({ weights }: ConvertedGraph): ConvertedGraph['weights'] {
  return new Map(
    [...weights].map(([name, { tensor, role }]) => [name, { tensor, role: { ...role, trains: false } }] as const),
  );
}

/** Outputs of real numbers, or of whole numbers that stand for them. @throws AppError if there are none. */
function realOutputs(path: string, { outputs, tensors }: TfliteModel): ReadonlyMap<string, number> {
  const real = [...outputs].filter(([, index]) => {
    const tensor = tensors[index]!;
    return tensor.type === 'FLOAT32' || quantizedValue(tensor) !== null;
  });
  if (real.length > 0) return new Map(real.toSorted(([a], [b]) => (a < b ? -1 : 1)));
  const received = [...outputs].map(([name, index]) => `'${name}' of ${tensors[index]!.type}`).join(', ');
  throw unsupported(path, `${received === '' ? 'no outputs' : received}; an output here has real numbers`);
}

function damaged(path: string, received: string): AppError {
  return new AppError(
    'model-file/damaged',
    `Expected a TensorFlow Lite model in '${path}'; received ${received}. Convert the model again, or copy the file again.`,
    { path },
  );
}

function unsupported(path: string, received: string): AppError {
  return new AppError(
    'model-file/unsupported',
    `Expected a TensorFlow Lite model that Lamina has operations for in '${path}'; received ${received}. Open a model without it, or the Keras model that it was converted from.`,
    { path },
  );
}

const METADATA = 'TFLITE_METADATA';
const MAX_LABELS_BYTES = 2 ** 20;

/** Names of classes in the archive of associated files, which follows a model with metadata. */
async function classesInArchive(path: string, { metadata }: TfliteModel): Promise<readonly string[] | null> {
  if (!metadata.has(METADATA)) return null;
  const archive = await ZipFile.open(path).catch(() => null);
  if (archive === null) return null;
  try {
    const texts = archive.entries.filter(({ name }) => name.toLowerCase().endsWith('.txt'));
    const labels = texts.filter(({ name }) => /label|class/i.test(name));
    const [found, ...others] = labels.length > 0 ? labels : texts;
    // Which of several belongs to which output is not read.
    if (found === undefined || others.length > 0) return null;
    const bytes = await archive.bytes(found.name, MAX_LABELS_BYTES);
    return classesInLines(Buffer.from(bytes).toString());
  } finally {
    archive.close();
  }
}
