import { expandBlocks } from '../compiler/expand/expand.ts';
import { readGraph } from '../compiler/graph/graph.ts';
import { readInputs } from '../compiler/graph/inputs.ts';
import type { InputPart, ModelFeatures } from '../compiler/graph/inputs.ts';
import { imageShapeOf } from '../data/columns/column.ts';
import { columnTypeOf } from '../data/columns/registry.ts';
import { withScaling } from '../data/dataset-document.ts';
import type { Column, DatasetDocument } from '../data/dataset-document.ts';
import { AdvisedModel } from '../diagnostics/advice/advised-model.ts';
import { pixelRange, pixelWords, scalingOf } from '../diagnostics/advice/pixel-range.ts';
import type { ModelDocument } from '../document/schema/model-document.ts';

/** Inputs that models of keras.applications expect; their files do not contain this. */
const APPLICATIONS = [
  {
    file: /mobilenet(?!_?v?3)|inception|xception|nasnet|resnet\d+_?v2/i,
    expects: '-1 … 1: do not scale the pictures, and insert Rescaling with scale 1/127.5 and offset -1 after the Input',
  },
  {
    file: /densenet/i,
    expects:
      '0 … 1, standardized: insert Normalization with mean 0.485, 0.456, 0.406 and variance 0.0524, 0.0502, 0.0506 after the Input',
  },
  {
    file: /vgg|resnet/i,
    expects:
      'channels in the order blue, green, red, 0 … 255 minus 103.939, 116.779, 123.68, which Lamina cannot produce',
  },
] as const;

/** A data set for a model. */
export interface FittedData {
  readonly dataset: DatasetDocument;
  /** What the model expects of pictures, and what was changed or is to be checked, as sentences; empty: no pictures. */
  readonly notes: readonly string[];
}

/** Gives pictures the size and the range of pixels that the model's Inputs and first layers expect. */
export function dataForModel(dataset: DatasetDocument, document: ModelDocument, features: ModelFeatures): FittedData {
  const graph = readGraph(expandBlocks(document).document);
  const inputs = readInputs(graph, features).parts;
  const model = new AdvisedModel(graph, features, inputs, () => null);
  const advised = pixelRange(model);
  const notes: string[] = [];
  let fitted = dataset;
  for (const part of inputs.values()) {
    if (!readsPictures(features, part)) continue;
    const columns = fitted.columns.map((column) =>
      part.columns.includes(column.name) ? withSizeOf(part, column) : column,
    );
    if (columns.some((column, i) => column !== fitted.columns[i])) {
      fitted = { ...fitted, columns };
      notes.push(`Pictures are now ${part.shape!.join(' × ')}, as '${part.node.name}' expects.`);
    }
    const scaled = scalingOf(model, part.node);
    if (scaled === null) {
      notes.push(...unknownRange(document));
      continue;
    }
    const changes = advised.find(({ nodeId }) => nodeId === part.node.id)?.fixes ?? [];
    for (const fix of changes) {
      if (fix.action === 'scale-columns') fitted = withScaling(fitted, fix.params.columns, fix.params.scaling);
    }
    notes.push(
      `Pixels are ${changes.length > 0 ? 'now ' : ''}${pixelWords[scaled.expected]}, as '${scaled.layer.name}' expects.`,
    );
  }
  return { dataset: fitted, notes };
}

const readsPictures = ({ columns = [] }: ModelFeatures, part: InputPart): boolean =>
  columns.some((column) => part.columns.includes(column.name) && columnTypeOf(column).field === 'picture');

/** The column with pictures of the Input's own shape; the same column if it has that, or the Input has none. */
function withSizeOf({ shape }: InputPart, column: Column): Column {
  const { picture } = column;
  if (picture === undefined || shape === null || shape.length !== 3) return column;
  const [height, width, channels] = shape as [number, number, number];
  if (imageShapeOf(picture).join() === shape.join() || (channels !== 1 && channels !== 3)) return column;
  return { ...column, picture: { ...picture, height, width, colour: channels === 1 ? 'grey' : 'rgb' } };
}

/** Notes on a model from a file in which no layer scales pixels. */
function unknownRange({ weights }: ModelDocument): string[] {
  if (weights === undefined) return [];
  const known = APPLICATIONS.find(({ file }) => file.test(weights.label));
  if (known !== undefined) return [`A model with the name '${weights.label}' usually expects ${known.expects}.`];
  return [
    'No layer scales the pixels: check that the scaling of the data set is the one that the model was trained with.',
  ];
}
