import { randomUUID } from 'node:crypto';
import { basename } from 'node:path';
import { AppError } from '../../../src-shared/errors/app-error.ts';
import type { DraftLayer } from '../../../src-shared/interchange/onnx/graph/draft.ts';
import { FLOAT_TYPES, OnnxRefusal, sizeOf } from '../../../src-shared/interchange/onnx/graph/onnx-model.ts';
import { readOnnx } from '../../../src-shared/interchange/onnx/read-onnx.ts';
import { chunksOf } from '../../../src-shared/interchange/onnx/graph/weight-view.ts';
import type { WeightView } from '../../../src-shared/interchange/onnx/graph/weight-view.ts';
import { openedDocument } from '../../../src-shared/starting-points/sketch.ts';
import type { ImportedModel, ImportedWeight, ImportOptions, ModelImporter } from '../importer/model-importer.ts';
import { refusedModel } from '../importer/refused-model.ts';
import { compiled } from '../keras/imported-model.ts';
import { ProtobufFile } from '../protobuf/protobuf-reader.ts';
import { ProtobufError } from '../protobuf/wire-format.ts';
import { readOnnxFile } from './onnx-file.ts';
import { damagedOnnx } from './onnx-tensor.ts';

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
  const { drawing, losses } = readOnnx(model);
  if (drawing === null) throw refusedModel(losses);
  const { sketch, layers, used } = drawing;
  const document = openedDocument(basename(path).replace(/\.onnx$/i, ''), sketch, randomUUID);
  const places = new Map(document.nodes.map(({ id }, index) => [id, index]));
  const weights = compiled(document).weights.map(({ nodeId, name, shape }): ImportedWeight => {
    const view = weightOf(layers[places.get(nodeId)!]!, name, shape);
    return { name, shape, read: () => chunks(view, path) };
  });
  const floats = [...model.initializers].filter(([, { type }]) => FLOAT_TYPES.has(type));
  const count = (names: typeof floats): number => names.reduce((sum, [, { shape }]) => sum + sizeOf(shape), 0);
  return {
    format: 'onnx',
    document,
    weights,
    writtenBy: `${model.producer === '' ? 'an unknown program' : model.producer}, ONNX operator set ${model.opset}`,
    layers: layers.length,
    takenParameters: count(floats.filter(([name]) => used.has(name))),
    fileParameters: count(floats),
    hasOptimizerState: false,
    losses,
    matches: null,
    close: async () => file.close(),
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

async function* chunks(view: WeightView, path: string): AsyncIterable<Float32Array> {
  try {
    yield* chunksOf(view);
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
