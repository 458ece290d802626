import type { LayerOfFile } from '../../../src-shared/interchange/layer-rows.ts';
import type { ImportReport } from '../../../src-shared/interchange/import-report.ts';
import { readKeras } from '../../../src-shared/interchange/keras/from-keras.ts';
import type { Sketch } from '../../../src-shared/starting-points/sketch.ts';
import { refusedModel } from '../importer/refused-model.ts';
import { layerTree } from './layer-tree.ts';
import type { TreeLayer } from './layer-tree.ts';

export interface KerasDrawing {
  readonly sketch: Sketch;
  readonly report: ImportReport<LayerOfFile>;
  readonly layers: readonly TreeLayer[];
  /** Keras's version as written in the file; null: the file has none. */
  readonly version: string | null;
}

/**
 * Reads a configuration as layers for the canvas.
 *
 * @param kerasVersion From the file's other metadata; null: unknown.
 * @throws AppError 'keras/not-a-model'; 'model-file/refused' with the losses in its details.
 */
export function readModel(text: string, kerasVersion: string | null): KerasDrawing {
  const { sketch, report, version, model } = readKeras(text, { kerasVersion });
  if (sketch === null) throw refusedModel(report);
  return { sketch, report, layers: layerTree(model), version: version.text };
}
