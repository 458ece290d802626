import { randomUUID } from 'node:crypto';
import { basename } from 'node:path';
import { AppError } from '../../../src-shared/errors/app-error.ts';
import type { DraftLayer } from '../../../src-shared/interchange/onnx/graph/draft.ts';
import type { ImportLoss } from '../../../src-shared/interchange/import-report.ts';
import { FLOAT_TYPES, OnnxRefusal, sizeOf } from '../../../src-shared/interchange/onnx/graph/onnx-model.ts';
import type { OnnxModel } from '../../../src-shared/interchange/onnx/graph/onnx-model.ts';
import { typeLosses } from '../../../src-shared/interchange/onnx/graph/type-losses.ts';
import { readOnnx } from '../../../src-shared/interchange/onnx/read-onnx.ts';
import type { OnnxDrawing } from '../../../src-shared/interchange/onnx/read-onnx.ts';
import { chunksOf } from '../../../src-shared/interchange/onnx/graph/weight-view.ts';
import type { WeightView } from '../../../src-shared/interchange/onnx/graph/weight-view.ts';
import { openedDocument } from '../../../src-shared/starting-points/sketch.ts';
import type { ImportedModel, ImportedWeight, ImportOptions, ModelImporter } from '../importer/model-importer.ts';
import { refusedModel } from '../importer/refused-model.ts';
import { compiled } from '../keras/imported-model.ts';
import { fixedBatch, operationsModel } from '../operations/operations-model.ts';
import type { OperationsModel } from '../operations/operations-model.ts';
import { ProtobufFile } from '../protobuf/protobuf-reader.ts';
import { ProtobufError } from '../protobuf/wire-format.ts';
import { readOnnxFile } from './onnx-file.ts';
import { onnxProgram } from './onnx-program.ts';
import { damagedOnnx } from './onnx-tensor.ts';
import { classesInMetadata } from '../importer/class-lists.ts';

/** Tags of the fields of ModelProto, one of which begins each file. */
const FIRST_BYTES: ReadonlySet<number> = new Set([0x08, 0x12, 0x1a, 0x22, 0x28, 0x32, 0x3a, 0x42, 0x72]);

/** Operator sets whose operations are known. */
const LAST_OPSET = 26;

/** ONNX models, with weights in the file or in files of its folder. */
export const onnx: ModelImporter = {
  formats: ['onnx'],
  accepts: (head, name) => name.toLowerCase().endsWith('.onnx') && FIRST_BYTES.has(head[0] ?? 0),
  import: importOnnx,
};

async function importOnnx(path: string, { onProgress }: ImportOptions): Promise<ImportedModel> {
  onProgress(null, 'Reading the graph');
  const file = new ProtobufFile(path);
  try {
    return opened(file, path);
  } catch (error) {
    file.close();
    if (error instanceof ProtobufError) throw damagedOnnx(path, error.message);
    throw error;
  }
}

function opened(file: ProtobufFile, path: string): ImportedModel {
  const model = readOnnxFile(file, path);
  if (model.opset > LAST_OPSET || model.opset < 1) throw unknownOpset(path, model.opset);
  const name = basename(path).replace(/\.onnx$/i, '');
  const { drawing, losses } = readOnnx(model);
  const opened = drawing === null ? operationsOf(name, model, losses) : layersOf(name, drawing, losses);
  const floats = [...model.initializers].filter(([, { type }]) => FLOAT_TYPES.has(type));
  const classes = classesInMetadata(model.metadata);
  const count = (names: typeof floats): number => names.reduce((sum, [, { shape }]) => sum + sizeOf(shape), 0);
  return {
    format: 'onnx',
    document: opened.document,
    weights: opened.weights.map((weight) => ({ ...weight, read: () => readable(weight.read(), path) })),
    writtenBy: `${model.producer === '' ? 'an unknown program' : model.producer}, ONNX operator set ${model.opset}`,
    layers: opened.layers,
    operations: opened.operations,
    takenParameters: count(floats.filter(([initializer]) => opened.used.has(initializer))),
    fileParameters: count(floats),
    hasOptimizerState: false,
    losses: opened.losses,
    ...(classes === null ? {} : { classes }),
    matches: null,
    close: async () => file.close(),
  };
}

/** A file as layers, or as operations. */
interface Opened extends OperationsModel {
  /** Initializers that are weights or parameters. */
  readonly used: ReadonlySet<string>;
}

function layersOf(name: string, { sketch, layers, used }: OnnxDrawing, losses: readonly ImportLoss[]): Opened {
  const document = openedDocument(name, sketch, randomUUID);
  const places = new Map(document.nodes.map(({ id }, index) => [id, index]));
  const weights = compiled(document).weights.map(({ nodeId, name: weight, shape }): ImportedWeight => {
    const view = weightOf(layers[places.get(nodeId)!]!, weight, shape);
    return { name: weight, shape, read: () => parts(view) };
  });
  return { document, weights, layers: layers.length, operations: 0, losses, used };
}

/** Reasons why a graph is not layers that do not keep it from being operations. */
const ONLY_NOT_LAYERS: ReadonlySet<string> = new Set(['onnx/operations', 'onnx/operation', 'onnx/output']);

/** @param reasons Why the graph cannot be layers. @throws AppError 'model-file/refused'. */
function operationsOf(name: string, model: OnnxModel, reasons: readonly ImportLoss[]): Opened {
  const refused = reasons.filter(({ severity }) => severity === 'refused');
  if (refused.some(({ code }) => !ONLY_NOT_LAYERS.has(code))) throw refusedModel({ layers: [], losses: reasons });
  const { converted, losses } = onnxProgram(model);
  if (converted === null) throw refusedModel({ layers: [], losses });
  const { program, weights, used, fixedBatch: examples } = converted;
  const found = operationsModel(name, program, weights);
  const more = refused.length > 1 ? ` (and ${refused.length - 1} more)` : '';
  const message = `The file cannot be layers: ${refused[0]!.message}${more}`;
  return {
    ...found,
    used,
    losses: [
      ...losses,
      ...found.losses,
      { code: 'onnx/not-layers', severity: 'note', layer: null, message },
      ...(examples === null ? [] : [fixedBatch(examples)]),
      ...typeLosses(model),
    ],
  };
}

/** The values of a compiled weight. */
function weightOf({ weights, name: layer }: DraftLayer, name: string, shape: readonly number[]): WeightView {
  const view = weights[name.split('/').at(-1)!];
  if (view === undefined || view.shape.join() !== shape.join()) {
    throw new Error(
      `Expected values of '${name}', ${shape.join(' × ')}, from '${layer}'; received ${view?.shape.join(' × ') ?? 'none'}.`,
    );
  }
  return view;
}

async function* parts(view: WeightView): AsyncGenerator<Float32Array> {
  yield* chunksOf(view);
}

/** Weights are computed when they are written. */
async function* readable(chunks: AsyncIterable<Float32Array>, path: string): AsyncIterable<Float32Array> {
  try {
    yield* chunks;
  } catch (error) {
    if (error instanceof ProtobufError) throw damagedOnnx(path, error.message);
    if (error instanceof OnnxRefusal) throw damagedOnnx(path, `weights that cannot be computed: ${error.message}`);
    throw error;
  }
}

function unknownOpset(path: string, opset: number): AppError {
  return new AppError(
    'model-file/unsupported',
    `Expected ONNX operator set 1 to ${LAST_OPSET} in '${path}'; received ${opset}. Export the model with one of these.`,
    { opset },
  );
}
