import { LEARNING_RATE_MULTIPLIER } from '../../document/schema/learning-rate-multiplier.ts';
import type { JsonValue } from '../../document/schema/model-document.ts';
import type { ParameterSpec } from './parameter-spec.ts';
import type { ParameterValues } from './resolve-parameters.ts';

/** Parameters of every layer with weights and of Block nodes, stored with the layer's own in the document. */
export const trainingParameters: readonly ParameterSpec[] = [
  {
    name: LEARNING_RATE_MULTIPLIER,
    label: 'Learning rate ×',
    help: "Factor of the learning rate for this layer's weights; 0.1 lets a pretrained layer follow slowly.",
    default: 1,
    type: { kind: 'number', min: 0, max: 1000, step: 0.1 },
    keras: 'none',
    advanced: true,
  },
];

/** The factor of a node's learning rate; 1 where it has none, or one that its parameter check refuses. */
export function learningRateMultiplierOf(params: ParameterValues): number {
  const value: JsonValue | undefined = params[LEARNING_RATE_MULTIPLIER];
  return typeof value === 'number' && value >= 0 ? value : 1;
}
