import type { CreateId } from '../../document/edits/edits.ts';
import type { Change } from '../../document/history/operations.ts';
import type { Fit } from '../fit.ts';
import { replaceModel } from '../sketch.ts';
import { autoencoder, denoisingAutoencoder } from './autoencoders.ts';
import { convolutional, residual } from './images.ts';
import { classifier, regressor, selfNormalizing, wideAndDeep } from './perceptrons.ts';
import { longShortTerm } from './sequences.ts';
import { branches, multiInput } from './several-inputs.ts';
import { auxiliaryOutput, multiOutput } from './several-outputs.ts';
import { forOneTensor } from './template.ts';
import type { OpenModel, Template } from './template.ts';
import { transferHead } from './transfer-head.ts';

/** In display order. */
export const templates: readonly Template[] = [
  ...[regressor, classifier, selfNormalizing, wideAndDeep, multiInput, multiOutput, auxiliaryOutput].map(forOneTensor),
  ...[convolutional, residual].map(forOneTensor),
  branches,
  ...[longShortTerm, autoencoder, denoisingAutoencoder].map(forOneTensor),
  transferHead,
];

/** Applies a template as one change, so that one undo restores the old model. */
export function beginWith(template: Template, fit: Fit, open: OpenModel, createId: CreateId): Change {
  if ('change' in template) return template.change(fit, open, createId);
  return replaceModel(open.document, template.build(fit), `New model: ${template.title}`, createId).change;
}
