import { TemplateBuilder } from './template.ts';
import type { Template } from './template.ts';

export const longShortTerm: Template = {
  id: 'lstm',
  title: 'LSTM',
  description: 'Reads a sequence step by step and remembers; a row of values is read as a sequence of single ones.',
  unsuited: ({ inputShape }) =>
    inputShape === null || inputShape.length <= 2 ? null : 'For sequences and rows; this data has images.',
  build: (fit) => {
    const sketch = new TemplateBuilder(fit);
    sketch.add('Input');
    if (fit.inputShape?.length === 1) sketch.add('Reshape', { targetShape: [-1, 1] });
    sketch.add('LSTM', { units: 32, returnSequences: true });
    sketch.add('LSTM', { units: 32 });
    sketch.end();
    return sketch.layers;
  },
};
