import { analyze } from '../../../../src-shared/diagnostics/analyze.ts';
import { flattenBlocks } from '../../../../src-shared/compiler/expand/flatten.ts';
import type { FeatureSpec } from '../../../../src-shared/data/prepared.ts';
import type { ModelDocument } from '../../../../src-shared/document/schema/model-document.ts';
import type { KerasModel } from '../../../../src-shared/interchange/keras/keras-model.ts';
import { toKeras } from '../../../../src-shared/interchange/keras/to-keras.ts';
import type { Shape } from '../../../../src-shared/program/language/types.ts';

/** A document as Keras describes it, blocks written out, and the output shape of each layer that has one. */
export function kerasModelOf(
  document: ModelDocument,
  features: FeatureSpec | null,
): { model: KerasModel; shapes: ReadonlyMap<string, Shape> } {
  const flat = flattenBlocks(document);
  const analysis = analyze(flat, features);
  const shapes = new Map<string, Shape>();
  for (const node of flat.nodes) {
    const shape = analysis.nodes.get(node.id)?.outputShape;
    if (shape != null) shapes.set(node.name, shape);
  }
  return { model: toKeras(flat, analysis, features), shapes };
}
